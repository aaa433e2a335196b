import ModelFiles

/// Gathers the prompts and the bad lines of a file.
struct PromptCollector {
  /// Which column is the text of a line.
  let text: PromptTextColumn
  private(set) var prompts: [Prompt] = []
  private(set) var faults: [PromptLineFault] = []
  private(set) var faultCount = 0
  var blankLineCount = 0
  /// The line each id was first given on.
  private var lines: [ByteString: Int] = [:]
  private var digests: [UInt8] = []

  /// A record may have this many bytes.
  static let longestRecord = 16 << 20
  /// This many bad lines are described.
  private static let describedFaults = 10

  /// SHA-256 over the digests of all prompts.
  var digest: String { Digest.sha256(of: digests) }

  init(text: PromptTextColumn) { self.text = text }

  mutating func note(_ fault: PromptFault, line: Int) {
    faultCount += 1
    if faults.count < Self.describedFaults { faults.append(PromptLineFault(line: line, fault)) }
  }

  /// Adds a prompt, unless its line turns out to be bad.
  mutating func add(_ record: PromptRecord, line: Int) {
    do throws(PromptFault) {
      let prompt = try record.prompt(
        index: prompts.count + faultCount, line: line, text: text)
      let id = ByteString(prompt.id)
      if let first = lines[id] { throw .repeatedID(id, firstLine: first) }
      lines[id] = line
      prompts.append(prompt)
      digests += Digest.sha256(of: prompt.canonicalText).utf8
    } catch {
      note(error, line: line)
    }
  }
}

/// What a line of a prompt file says, before it is checked.
struct PromptRecord {
  var texts: [Prompt.Field: String] = [:]
  var messages: [ChatMessage]?
  var extra: [Prompt.Column] = []

  /// The prompt the record describes.
  func prompt(index: Int, line: Int, text: PromptTextColumn) throws(PromptFault) -> Prompt {
    let id = texts[.id] ?? String(index)
    guard !id.isEmpty else { throw .emptyID }
    for field in [Prompt.Field.id, .label, .group, .pair, .source, .split] {
      if let value = texts[field], value.utf8.contains(0) { throw .zeroByte(field: field.rawValue) }
    }
    return Prompt(
      index: index, line: line, id: id, messages: try conversation(text), label: texts[.label],
      group: texts[.group], pair: texts[.pair], source: texts[.source], split: texts[.split],
      response: texts[.response], extra: extra)
  }

  private func conversation(_ column: PromptTextColumn) throws(PromptFault) -> [ChatMessage] {
    switch (texts[.prompt], messages) {
    case (nil, nil): throw .noText(expected: column.names)
    case (.some, .some): throw .twoTexts
    case (let text?, nil):
      guard !text.isEmpty else { throw .emptyText }
      return [ChatMessage(role: "user", content: text)]
    case (nil, let messages?):
      guard messages.contains(where: { !$0.content.isEmpty }) else { throw .emptyText }
      return messages
    }
  }
}
