/// Where one sentence ends and the next begins.
enum Sentences {
  private static let ends: Set<Character> = [".", "!", "?", "…"]
  private static let closers: Set<Character> = ["\"", "'", "”", "’", ")", "]"]
  private static let abbreviations: Set<String> = [
    "e.g.", "i.e.", "mr.", "mrs.", "ms.", "dr.", "st.", "vs.", "etc.", "no.",
  ]

  /// The sentences of a text, which put together are the text without white space around it.
  static func split(_ text: String) -> [String] {
    var sentences: [String] = []
    var current = ""
    for piece in TextPiece.pieces(of: text) where !piece.word.isEmpty {
      current += current.isEmpty && sentences.isEmpty ? piece.word : piece.text
      if isEnd(piece.word) {
        sentences.append(current)
        current = ""
      }
    }
    return current.isEmpty ? sentences : sentences + [current]
  }

  /// Whether a sentence ends with this word.
  static func isEnd(_ word: String) -> Bool {
    guard !abbreviations.contains(word.lowercased()) else { return false }
    return word.last { !closers.contains($0) }.map(ends.contains) ?? false
  }
}
