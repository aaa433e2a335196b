/// Where a piece of rendered text came from.
public enum TextOrigin: Hashable, Sendable {
  /// Written by the template.
  case template
  /// Content of the message with this index.
  case message(Int)
}

/// A conversation as the text a model reads, with the origin of every byte.
public struct RenderedChat: Equatable, Sendable {
  /// A run of bytes with one origin.
  public struct Piece: Equatable, Sendable {
    /// Bytes of the text.
    public var range: Range<Int>
    /// Where they came from.
    public var origin: TextOrigin

    /// A run of bytes with one origin.
    public init(range: Range<Int>, origin: TextOrigin) {
      self.range = range
      self.origin = origin
    }
  }

  /// The text, UTF-8.
  public let text: [UInt8]
  /// Pieces that follow each other without gaps from the first byte to the last; neighbours differ in origin.
  public let pieces: [Piece]

  /// The text as a string.
  public var string: String { String(decoding: text, as: UTF8.self) }

  /// The bytes that are content of messages.
  public var contentRanges: [Range<Int>] {
    pieces.filter { $0.origin != .template }.map(\.range)
  }

  init(text: [UInt8], pieces: [Piece]) {
    self.text = text
    self.pieces = pieces
  }

  /// Encodes traced text.
  init(_ traced: TracedText) {
    var text: [UInt8] = []
    text.reserveCapacity(traced.count + traced.count / 8)
    var pieces: [Piece] = []
    var start = 0
    var source = traced.leadingSource
    for scalar in traced.scalars {
      if scalar.source != source {
        pieces.append(Piece(range: start..<text.count, origin: TracedText.origin(of: source)))
        start = text.count
        source = scalar.source
      }
      text.append(contentsOf: UTF8.encode(scalar.scalar) ?? UTF8.encodedReplacementCharacter)
    }
    if start < text.count {
      pieces.append(Piece(range: start..<text.count, origin: TracedText.origin(of: source)))
    }
    self.init(text: text, pieces: pieces)
  }
}
