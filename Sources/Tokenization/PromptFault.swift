public import ModelFiles

/// Why a file is not a prompt file.
public enum PromptFileFault: Equatable, Sendable {
  /// The name does not say which format it is.
  case unknownEnding
  /// There is no prompt in it.
  case noPrompts
  /// It is compressed.
  case compressed
  /// It is UTF-16.
  case utf16
  /// It is one JSON array instead of one object per line.
  case jsonArray

  /// Recognises by its first bytes a file that cannot be read line by line.
  init?(start bytes: Span<UInt8>, isCSV: Bool) {
    func starts(with pattern: [UInt8]) -> Bool {
      bytes.count >= pattern.count && pattern.indices.allSatisfy { bytes[$0] == pattern[$0] }
    }
    var first = 0
    while first < bytes.count, bytes[first] <= UInt8(ascii: " ") { first += 1 }
    if starts(with: [0x1F, 0x8B]) {
      self = .compressed
    } else if starts(with: [0xFF, 0xFE]) || starts(with: [0xFE, 0xFF]) {
      self = .utf16
    } else if !isCSV, first < bytes.count, bytes[first] == UInt8(ascii: "[") {
      self = .jsonArray
    } else {
      return nil
    }
  }
}

/// A bad line of a prompt file.
public struct PromptLineFault: Equatable, Sendable {
  /// The line the record starts on, counted from 1.
  public let line: Int
  /// What is wrong.
  public let fault: PromptFault

  init(line: Int, _ fault: PromptFault) {
    self.line = line
    self.fault = fault
  }
}

/// What can be wrong with a line of a prompt file.
public enum PromptFault: Error, Equatable, Sendable {
  // Text
  /// The record is longer than 16 MiB; the length where it is known.
  case tooLong(byteCount: Int?)
  /// The line is not strict JSON.
  case json(JSONError)
  /// The line is JSON but not an object.
  case notObject(found: String)
  /// A field is not UTF-8.
  case invalidUTF8

  // Quotes and columns of CSV
  /// A quoted field is never closed.
  case unclosedQuote
  /// A quote stands inside a field without quotes.
  case strayQuote
  /// Something follows a closing quote.
  case textAfterQuote
  /// A carriage return stands without a line feed.
  case strayCarriageReturn
  /// The record has more or fewer fields than the header.
  case fieldCount(found: Int, expected: Int)
  /// A column has no name, or one with control characters.
  case columnName(ByteString)
  /// Two columns have one name.
  case repeatedColumn(ByteString)
  /// No column holds the prompts.
  case noTextColumn(found: [ByteString], expected: [String])

  // Fields
  /// There is neither a prompt nor messages.
  case noText(expected: [String])
  /// There are both a prompt and messages.
  case twoTexts
  /// The text is empty.
  case emptyText
  /// A field holds a value of the wrong kind.
  case fieldKind(field: String, found: String, expected: String)
  /// A field that is stored as text holds a zero byte.
  case zeroByte(field: String)
  /// The id is empty.
  case emptyID
  /// An earlier line has the same id.
  case repeatedID(ByteString, firstLine: Int)

  // Messages
  /// The conversation has no messages.
  case noMessages
  /// A message, or a field of it, is of the wrong kind.
  case messageKind(message: Int, field: String?, found: String)
  /// A message has a field beyond role and content.
  case messageField(message: Int, ByteString)
  /// A message's role is not a plain word.
  case role(message: Int, ByteString)
}
