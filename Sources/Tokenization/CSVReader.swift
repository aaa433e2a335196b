import ModelFiles

/// Reads comma-separated values record by record, as RFC 4180 describes them.
///
/// A field may stand in double quotes; then it may hold commas, line breaks and, doubled, quotes. What
/// the RFC does not allow is an error rather than a guess.
struct CSVReader: ~Escapable {
  /// A field, and whether it stood in quotes: that tells an empty text from a missing one.
  struct Field: Equatable {
    var bytes: [UInt8]
    var isQuoted: Bool
  }

  private let bytes: Span<UInt8>
  private var position: Int
  /// The line of the next byte.
  private var line = 1
  /// The line the last record began on.
  private(set) var recordLine = 1

  @_lifetime(copy bytes)
  init(_ bytes: Span<UInt8>) {
    self.bytes = bytes
    position = bytes.startsWithByteOrderMark ? 3 : 0
  }

  /// Whether there is another record.
  var hasMore: Bool { position < bytes.count }

  /// The next record, or a fault; after a fault the reader stands at the next line, or at the end of the
  /// file when a quote was never closed.
  mutating func record() throws(PromptFault) -> [Field] {
    recordLine = line
    let start = position
    var fields: [Field] = []
    do throws(PromptFault) {
      repeat {
        fields.append(try field(limit: start + PromptCollector.longestRecord))
      } while skip(UInt8(ascii: ","))
      endLine()
    } catch {
      skipLine()
      throw error
    }
    return fields
  }

  private mutating func field(limit: Int) throws(PromptFault) -> Field {
    let isQuoted = skip(UInt8(ascii: "\""))
    let content = try isQuoted ? quoted(limit: limit) : unquoted(limit: limit)
    guard UTF8Scalar.isValid(content.span) else { throw .invalidUTF8 }
    return Field(bytes: content, isQuoted: isQuoted)
  }

  private mutating func unquoted(limit: Int) throws(PromptFault) -> [UInt8] {
    var content: [UInt8] = []
    while position < bytes.count {
      let byte = bytes[position]
      if byte == UInt8(ascii: ",") || byte == UInt8(ascii: "\n") || endsLine(at: position) { break }
      guard byte != UInt8(ascii: "\"") else { throw .strayQuote }
      guard byte != UInt8(ascii: "\r") else { throw .strayCarriageReturn }
      guard position < limit else { throw .tooLong(byteCount: nil) }
      content.append(byte)
      position += 1
    }
    return content
  }

  private mutating func quoted(limit: Int) throws(PromptFault) -> [UInt8] {
    var content: [UInt8] = []
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      if byte == UInt8(ascii: "\"") {
        guard skip(UInt8(ascii: "\"")) else {
          guard
            position == bytes.count || bytes[position] == UInt8(ascii: ",")
              || bytes[position] == UInt8(ascii: "\n") || endsLine(at: position)
          else { throw .textAfterQuote }
          return content
        }
      }
      if byte == UInt8(ascii: "\n") { line += 1 }
      guard position <= limit else {
        // Where the field ends is not known without reading it.
        position = bytes.count
        throw .tooLong(byteCount: nil)
      }
      content.append(byte)
    }
    throw .unclosedQuote
  }

  private func endsLine(at index: Int) -> Bool {
    bytes[index] == UInt8(ascii: "\r") && index + 1 < bytes.count
      && bytes[index + 1] == UInt8(ascii: "\n")
  }

  private mutating func skip(_ byte: UInt8) -> Bool {
    guard position < bytes.count, bytes[position] == byte else { return false }
    position += 1
    return true
  }

  private mutating func endLine() {
    if position < bytes.count, bytes[position] == UInt8(ascii: "\r") { position += 1 }
    if skip(UInt8(ascii: "\n")) { line += 1 }
  }

  private mutating func skipLine() {
    while position < bytes.count, bytes[position] != UInt8(ascii: "\n") { position += 1 }
    if skip(UInt8(ascii: "\n")) { line += 1 }
  }
}
