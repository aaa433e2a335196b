import ModelFiles

/// Reads prompts from JSON lines.
enum PromptJSONL {
  static let limits = JSONLimits(depth: 64, stringBytes: PromptCollector.longestRecord)

  /// The prompts and the bad lines of a file's bytes.
  static func read(_ bytes: Span<UInt8>, text: PromptTextColumn) -> PromptCollector {
    var collector = PromptCollector(text: text)
    var start = bytes.startsWithByteOrderMark ? 3 : 0
    var line = 1
    while start < bytes.count {
      var end = start
      while end < bytes.count, bytes[end] != UInt8(ascii: "\n") { end += 1 }
      var content = start..<end
      if !content.isEmpty, bytes[end - 1] == UInt8(ascii: "\r") { content = start..<(end - 1) }
      read(bytes.extracting(content), line: line, into: &collector)
      start = end + 1
      line += 1
    }
    return collector
  }

  private static func read(
    _ text: Span<UInt8>, line: Int, into collector: inout PromptCollector
  ) {
    if text.isBlank {
      collector.blankLineCount += 1
      return
    }
    do {
      collector.add(try record(text, collector.text), line: line)
    } catch {
      collector.note(error, line: line)
    }
  }

  private static func record(
    _ text: Span<UInt8>, _ column: PromptTextColumn
  ) throws(PromptFault) -> PromptRecord {
    guard text.count <= PromptCollector.longestRecord else { throw .tooLong(byteCount: text.count) }
    let value: JSONValue
    do {
      value = try JSONValue.parse(text, limits: limits)
    } catch {
      throw .json(error)
    }
    guard let object = value.asObject else { throw .notObject(found: value.kindInWords) }
    var record = PromptRecord()
    for (key, value) in object.members where !value.isNull {
      guard let field = column.field(of: key.string) else {
        record.extra.append(Prompt.Column(name: key.string, value: value.plainText))
        continue
      }
      switch field {
      case .messages: record.messages = try PromptMessages.messages(value)
      case .prompt, .response:
        guard let text = value.asString else {
          throw .fieldKind(field: key.string, found: value.kindInWords, expected: "a string")
        }
        record.texts[field] = text.string
      case .id:
        guard value.asString != nil || value.isNumber else {
          throw .fieldKind(
            field: field.rawValue, found: value.kindInWords, expected: "a string or a number")
        }
        record.texts[field] = value.plainText
      case .label, .group, .pair, .source, .split:
        guard value.asString != nil || value.isNumber || value.asBool != nil else {
          throw .fieldKind(
            field: field.rawValue, found: value.kindInWords,
            expected: "a string, a number or a truth value")
        }
        record.texts[field] = value.plainText
      }
    }
    return record
  }
}

extension JSONValue {
  /// Strings as they are, anything else as JSON text.
  fileprivate var plainText: String {
    asString?.string ?? String(decoding: text(sorted: false), as: UTF8.self)
  }

  fileprivate var isNumber: Bool {
    if case .number = self { true } else { false }
  }

  /// What kind of value this is, for a message.
  var kindInWords: String {
    switch self {
    case .null: "null"
    case .bool: "a truth value"
    case .number: "a number"
    case .string: "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }
}

extension Span<UInt8> {
  /// Whether the bytes start with U+FEFF, as some editors write it.
  var startsWithByteOrderMark: Bool {
    count >= 3 && self[0] == 0xEF && self[1] == 0xBB && self[2] == 0xBF
  }

  /// Whether there is nothing but blanks.
  fileprivate var isBlank: Bool {
    for index in indices where self[index] != UInt8(ascii: " ") && self[index] != UInt8(ascii: "\t")
    {
      return false
    }
    return true
  }
}
