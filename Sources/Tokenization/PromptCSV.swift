import ModelFiles

/// Reads prompts from comma-separated values with a header line.
enum PromptCSV {
  /// The prompts and the bad lines of a file's bytes.
  static func read(_ bytes: Span<UInt8>, text: PromptTextColumn) -> PromptCollector {
    var collector = PromptCollector(text: text)
    var reader = CSVReader(bytes)
    var columns: [String]?
    while reader.hasMore {
      do {
        let fields = try reader.record()
        if fields.count == 1, fields[0].bytes.isEmpty, !fields[0].isQuoted {
          collector.blankLineCount += 1
        } else if let columns {
          collector.add(try record(fields, columns, text), line: reader.recordLine)
        } else {
          columns = try header(fields, text)
        }
      } catch {
        collector.note(error, line: reader.recordLine)
        // Without a header nothing that follows has a meaning.
        if columns == nil { break }
      }
    }
    return collector
  }

  private static func header(
    _ fields: [CSVReader.Field], _ text: PromptTextColumn
  ) throws(PromptFault) -> [String] {
    var names: [ByteString] = []
    for field in fields {
      let name = ByteString(field.bytes)
      guard !name.bytes.isEmpty, !name.bytes.contains(where: { $0 < 0x20 }) else {
        throw .columnName(name)
      }
      guard !names.contains(name) else { throw .repeatedColumn(name) }
      names.append(name)
    }
    let columns = names.map(\.string)
    guard text.names.contains(where: columns.contains) else {
      throw .noTextColumn(found: names, expected: text.names)
    }
    return columns
  }

  private static func record(
    _ fields: [CSVReader.Field], _ columns: [String], _ text: PromptTextColumn
  ) throws(PromptFault) -> PromptRecord {
    guard fields.count == columns.count else {
      throw .fieldCount(found: fields.count, expected: columns.count)
    }
    var record = PromptRecord()
    for (name, value) in zip(columns, fields) where value.isQuoted || !value.bytes.isEmpty {
      let content = String(decoding: value.bytes, as: UTF8.self)
      switch text.field(of: name) {
      case .messages: record.messages = try PromptMessages.messages(json: value.bytes)
      case let field?: record.texts[field] = content
      case nil: record.extra.append(Prompt.Column(name: name, value: content))
      }
    }
    return record
  }
}
