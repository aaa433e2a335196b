import ModelFiles

extension PromptFileFault {
  /// What follows the file's name in a sentence.
  var phrase: String {
    switch self {
    case .unknownEnding:
      "is neither .jsonl nor .csv; name a file with one JSON object per line, or with comma-separated "
        + "values"
    case .noPrompts: "holds no prompts; at least one line with a prompt is needed"
    case .compressed: "is compressed with gzip; unpack it first"
    case .utf16: "is UTF-16; save it as UTF-8"
    case .jsonArray:
      "is one JSON array, but one object per line is needed; convert it, for example with "
        + "`jq -c '.[]'`"
    }
  }
}

extension PromptLineFault {
  /// One sentence for each bad line that is described, and how many there are beyond those.
  static func sentences(_ faults: [PromptLineFault], count: Int, path: String) -> String {
    var sentences = faults.map { "\(path), line \($0.line): \($0.fault.phrase)." }
    let more = count - faults.count
    if more > 0 {
      sentences.append("\(path) has \(more) more bad line\(more == 1 ? "" : "s").")
    }
    return sentences.joined(separator: "\n")
  }
}

extension PromptFault {
  /// What follows the place in a sentence.
  var phrase: String {
    switch self {
    case .tooLong(let count):
      "the line has \(count.map { "\($0)" } ?? "more than \(PromptCollector.longestRecord)") bytes, "
        + "but \(PromptCollector.longestRecord) are the most"
    case .json(let error): "this is not strict JSON: \(error)"
    case .notObject(let found):
      "this is \(found), but an object such as {\"prompt\": \"…\"} is needed"
    case .invalidUTF8: "a field is not UTF-8; save the file as UTF-8"
    case .unclosedQuote: "a quoted field is never closed"
    case .strayQuote:
      "a quote stands inside a field without quotes; put the field in quotes and double the quote"
    case .textAfterQuote: "something follows a closing quote; a quote inside a field is doubled"
    case .strayCarriageReturn: "a carriage return stands alone; put the field in quotes"
    case .fieldCount(let found, let expected):
      (found == 1 ? "there is 1 field" : "there are \(found) fields")
        + ", but the header names \(expected)"
    case .columnName(let name):
      name.bytes.isEmpty
        ? "a column has no name" : "the column name \"\(name)\" has control characters"
    case .repeatedColumn(let name): "two columns are named \"\(name)\""
    case .noTextColumn(let found, let expected):
      "no column is named \(expected.joined(separator: " or ")); the columns are "
        + found.prefix(8).map { "\"\($0)\"" }.joined(separator: ", ")
    case .noText(let expected):
      expected.count == 1
        ? "there is no \(expected[0])" : "there is neither a prompt nor messages"
    case .twoTexts: "there are both a prompt and messages; leave one of them out"
    case .emptyText: "the prompt is empty, so only the chat template would be measured"
    case .fieldKind(let field, let found, let expected):
      "\(field) is \(found), but \(expected) is needed"
    case .zeroByte(let field): "\(field) holds a zero byte, which cannot be stored"
    case .emptyID: "the id is empty; leave it out to number the prompts"
    case .repeatedID(let id, let firstLine): "the id \"\(id)\" is that of line \(firstLine) already"
    case .noMessages: "messages is empty; at least one message is needed"
    case .messageKind(let message, nil, let found):
      "message \(message + 1) is \(found), but an object with role and content is needed"
    case .messageKind(let message, let field?, let found):
      "message \(message + 1) has \(found) as its \(field), but a string is needed"
    case .messageField(let message, let field):
      "message \(message + 1) has a field \"\(field)\", which is not supported; a message has a role "
        + "and a content"
    case .role(let message, let role):
      "message \(message + 1) has the role \"\(role)\", but a role is a word of letters, digits, '_' "
        + "and '-', such as user"
    }
  }
}
