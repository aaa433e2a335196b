public import Tokenization

/// How long texts are, in a stated unit.
public struct TextLength: Sendable {
  /// The unit, as it is written in manifests: "words" or "tokens".
  public let unit: String
  private let count: @Sendable (String) -> Int

  /// Words and marks, which stand in for tokens where there is no model.
  public static let words = TextLength(unit: "words") { text in
    TextPiece.pieces(of: text).reduce(0) { total, piece in
      total + (piece.word.isEmpty ? 0 : 1) + (piece.hasMark ? 1 : 0)
    }
  }

  /// Tokens of a model.
  public static func tokens(of tokenizer: Tokenizer) -> TextLength {
    TextLength(unit: "tokens") { tokenizer.encode($0).count }
  }

  private init(unit: String, count: @escaping @Sendable (String) -> Int) {
    self.unit = unit
    self.count = count
  }

  /// The length of a text.
  public func callAsFunction(_ text: String) -> Int { count(text) }
}
