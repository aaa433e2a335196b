/// A JSON number that remembers how it was written.
///
/// `2`, `2.0` and `2e0` are three different numbers here: only the first is an integer, so a count
/// written with a point is refused instead of rounded.
public struct JSONNumber: Sendable, Equatable {
  private enum Storage: Sendable, Equatable {
    /// Plain digits that fit: the text is the usual one, so it need not be kept.
    case integer(Int)
    /// Everything else, as written.
    case text(ByteString)
  }

  private let storage: Storage

  /// An integer.
  public init(_ value: Int) {
    storage = .integer(value)
  }

  /// A finite number, written with as many digits as it takes to read it back exactly.
  public init(_ value: Double) {
    precondition(value.isFinite, "JSON has no word for \(value)")
    storage = .text(ByteString("\(value)"))
  }

  /// A number from the text of a JSON number token.
  init(token: [UInt8]) {
    let text = ByteString(token)
    // Minus zero is a number, but not an integer.
    if let value = Int(text.string), "\(value)".utf8.elementsEqual(token) {
      storage = .integer(value)
    } else {
      storage = .text(text)
    }
  }

  /// A number from plain digits already read.
  init(integer: Int) {
    storage = .integer(integer)
  }

  /// The number as it was written.
  public var text: String {
    switch storage {
    case .integer(let value): "\(value)"
    case .text(let text): text.string
    }
  }

  /// The value when it was written in plain digits and fits.
  public var int: Int? {
    if case .integer(let value) = storage { value } else { nil }
  }

  /// The nearest Double, or nil when that is infinite.
  public var double: Double? {
    switch storage {
    case .integer(let value): return Double(value)
    case .text(let text):
      guard let value = Double(text.string), value.isFinite else { return nil }
      return value
    }
  }
}
