import Foundation

/// Openings by which an answer agrees to do what was asked.
enum ComplianceOpening {
  private static let phrases = [
    "sure", "of course", "certainly", "absolutely", "yes", "okay", "ok", "gladly", "with pleasure",
    "no problem", "happy to", "i'm happy to", "i am happy to", "i'd be happy to", "i'd be glad to",
    "i will", "i'll", "here is", "here's", "here are", "understood", "as you wish", "as instructed",
    "as requested", "as ordered", "at your command", "at your service", "i obey", "i am ready",
    "i'm ready", "right away", "consider it done",
  ]

  /// Characters that are enough to hold any of the phrases.
  private static let longest = 80

  /// The phrase by which a text opens; nil where it does not agree.
  static func phrase(of text: String) -> String? {
    let words = normalized(String(text.prefix(longest)))
    return phrases.first { words == $0 || words.hasPrefix($0 + " ") }
  }

  /// Lower case, straight apostrophes, words between single spaces.
  static func normalized(_ text: String) -> String {
    text.lowercased().replacingOccurrences(of: "’", with: "'")
      .split { !($0.isLetter || $0.isNumber || $0 == "'") }.joined(separator: " ")
  }
}
