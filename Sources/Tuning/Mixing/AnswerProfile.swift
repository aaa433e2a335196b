/// What a user's answers look like.
public struct AnswerProfile: Sendable, Hashable, Codable {
  /// How much an answer says.
  public enum Kind: String, Sendable, Codable {
    /// The letter of an option.
    case letter
    /// At most three words.
    case word
    /// A number.
    case number
    /// One sentence, or about as much.
    case sentence
    /// More than that.
    case long
  }

  /// How an answer's first letter is written.
  public enum Case: String, Sendable, Codable {
    /// All letters small.
    case lower
    /// All letters capital.
    case upper
    /// The first one capital.
    case capitalized
    /// Now like this, now like that.
    case mixed
  }

  /// By what nearly all answers begin, empty where by nothing.
  public let prefix: String
  /// By what nearly all answers end, empty where by nothing.
  public let suffix: String
  /// How much they say between the two.
  public let kind: Kind
  /// Median length, in the unit the profile was made with.
  public let medianLength: Int
  /// The length that nine in ten answers do not exceed.
  public let ninthDecile: Int
  /// How the first letter is written.
  public let letterCase: Case
  /// The mark that nearly all answers end with, empty where there is none.
  public let finalMark: String

  private static let support = 0.9
  private static let kindSupport = 0.8
  private static let longestSentence = 40

  /// The profile of answers, at least one.
  init(_ answers: [String], length: TextLength) {
    let answers = answers.map(\.trimmed)
    let pieces = answers.map(TextPiece.pieces(of:))
    let prefixCount = Self.sharedCount(pieces, reversed: false)
    let suffixCount = Self.sharedCount(pieces, reversed: true)
    let (first, last) = Self.ends(pieces, prefixCount, suffixCount)
    prefix = first
    suffix = last
    let cores = answers.map { Self.core(of: $0, prefix: first, suffix: last) }
    kind = Self.kind(of: cores)
    let lengths = answers.map { length($0) }.sorted()
    medianLength = lengths[lengths.count / 2]
    ninthDecile = lengths[(lengths.count * 9 + 9) / 10 - 1]
    letterCase = Self.letterCase(of: cores)
    let marks = cores.map { $0.last.map { ".!?".contains($0) ? String($0) : "" } ?? "" }
    let counts = Dictionary(marks.map { ($0, 1) }, uniquingKeysWith: +)
    let isUsual = { (mark: String) in
      Double(counts[mark] ?? 0) >= Self.support * Double(cores.count)
    }
    finalMark = [".", "!", "?"].first(where: isUsual) ?? ""
  }

  /// An answer without prefix and suffix, where it has them.
  func core(of answer: String) -> String {
    Self.core(of: answer.trimmed, prefix: prefix, suffix: suffix)
  }

  private static func core(of answer: String, prefix: String, suffix: String) -> String {
    var core = answer[...]
    if core.hasPrefix(prefix) { core = core.dropFirst(prefix.count) }
    if core.hasSuffix(suffix) { core = core.dropLast(suffix.count) }
    return String(core).trimmed
  }

  /// How many pieces nearly all answers share at one end, with something left of them.
  private static func sharedCount(_ answers: [[TextPiece]], reversed: Bool) -> Int {
    let least = support * Double(answers.count)
    var shared = 0
    while true {
      let heads = answers.filter { $0.count > shared + 1 }.map { pieces in
        reversed ? pieces.suffix(shared + 1) : pieces.prefix(shared + 1)
      }
      let counts = Dictionary(heads.map { ($0, 1) }, uniquingKeysWith: +)
      guard let most = counts.values.max(), answers.count > 1, Double(most) >= least else {
        return shared
      }
      shared += 1
    }
  }

  /// The most usual first and last pieces as text, with the white space between them and the rest.
  private static func ends(
    _ answers: [[TextPiece]], _ prefixCount: Int, _ suffixCount: Int
  ) -> (prefix: String, suffix: String) {
    let enough = answers.filter { $0.count > max(prefixCount, suffixCount) }
    let prefix = enough.map { pieces in
      pieces.prefix(prefixCount).map(\.text).joined()
        + (prefixCount > 0 && prefixCount < pieces.count ? pieces[prefixCount].space : "")
    }
    let suffix = enough.map { $0.suffix(suffixCount).map(\.text).joined() }
    return (
      prefixCount > 0 ? prefix.mostFrequent?.text ?? "" : "",
      suffixCount > 0 ? suffix.mostFrequent?.text ?? "" : ""
    )
  }

  private static func kind(of cores: [String]) -> Kind {
    func most(_ test: (String) -> Bool) -> Bool {
      Double(cores.count(where: test)) >= kindSupport * Double(cores.count)
    }
    if most(isLetter) { return .letter }
    if most(isNumber) { return .number }
    let words = cores.map { core in core.split(whereSeparator: \.isWhitespace).count }
    if most({ $0.split(whereSeparator: \.isWhitespace).count <= 3 }) { return .word }
    return words.sorted()[words.count / 2] <= longestSentence
      && most({ Sentences.split($0).count == 1 }) ? .sentence : .long
  }

  private static func isLetter(_ core: String) -> Bool {
    let letters = core.filter(\.isLetter)
    return letters.count == 1 && core.count <= 3 && !core.contains(where: \.isWhitespace)
      && core.allSatisfy { $0.isLetter || "().:[]".contains($0) }
  }

  private static func isNumber(_ core: String) -> Bool {
    core.contains(where: \.isNumber)
      && core.allSatisfy { $0.isNumber || $0.isCurrencySymbol || "+-−.,/:% ".contains($0) }
  }

  private static func letterCase(of cores: [String]) -> Case {
    func most(_ test: (String) -> Bool) -> Bool {
      let withLetters = cores.filter { $0.contains(where: \.isLetter) }
      return !withLetters.isEmpty
        && Double(withLetters.count(where: test)) >= support * Double(withLetters.count)
    }
    if most({ $0 == $0.lowercased() }) { return .lower }
    if most({ $0 == $0.uppercased() }) { return .upper }
    return most({ $0.first { $0.isLetter }?.isUppercase ?? false }) ? .capitalized : .mixed
  }
}
