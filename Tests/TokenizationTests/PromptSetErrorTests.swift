import ModelFiles
import Testing
import Tokenization

@Suite("Sentences of prompt file errors")
struct PromptSetErrorTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let id: String
    var name = "p.jsonl"
    let bytes: [UInt8]
    let sentence: String

    var testDescription: String { id }

    init(_ id: String, _ text: String, _ sentence: String) {
      self.id = id
      bytes = Array(text.utf8)
      self.sentence = sentence
    }

    init(_ id: String, csv: String, _ sentence: String) {
      self.init(id, csv, sentence)
      name = "p.csv"
    }

    init(_ id: String, name: String, bytes: [UInt8], _ sentence: String) {
      self.id = id
      self.name = name
      self.bytes = bytes
      self.sentence = sentence
    }
  }

  private static let good = #"{"prompt":"a"}"# + "\n"

  static let files = [
    Case(
      "unknown ending", name: "p.txt", bytes: [65],
      "p.txt is neither .jsonl nor .csv; name a file with "
        + "one JSON object per line, or with comma-separated values."),
    Case("no bytes", "", "p.jsonl holds no prompts; at least one line with a prompt is needed."),
    Case(
      "blank lines", "\n \n\r\n",
      "p.jsonl holds no prompts; at least one line with a prompt is needed."),
    Case(
      "header only", csv: "prompt,id\n",
      "p.csv holds no prompts; at least one line with a prompt is needed."),
    Case(
      "gzip", name: "p.jsonl", bytes: [0x1F, 0x8B, 8, 0],
      "p.jsonl is compressed with gzip; unpack it first."),
    Case(
      "UTF-16 little-endian", name: "p.csv", bytes: [0xFF, 0xFE, 0x70, 0],
      "p.csv is UTF-16; save it as UTF-8."),
    Case(
      "UTF-16 big-endian", name: "p.jsonl", bytes: [0xFE, 0xFF, 0, 0x7B],
      "p.jsonl is UTF-16; save it as UTF-8."),
    Case(
      "array", name: "p.json", bytes: Array("\n [{}]".utf8),
      "p.json is one JSON array, but one object per "
        + "line is needed; convert it, for example with `jq -c '.[]'`."),
  ]

  static let jsonLines = [
    Case(
      "cut line", good + #"{"prompt": "b"#,
      "p.jsonl, line 2: this is not strict JSON: the text ends in the middle of a value at byte 13."
    ),
    Case(
      "array line", good + "[1]",
      "p.jsonl, line 2: this is an array, but an object such as "
        + "{\"prompt\": \"…\"} is needed."),
    Case(
      "text line", good + "hello",
      "p.jsonl, line 2: this is not strict JSON: 'h' stands where a value "
        + "should at byte 0."),
    Case(
      "two objects", #"{"prompt":"a"}{"prompt":"b"}"#,
      "p.jsonl, line 1: this is not strict JSON: something follows the value at byte 14."),
    Case(
      "repeated key", #"{"prompt":"a","prompt":"b"}"#,
      "p.jsonl, line 1: this is not strict JSON: the key "
        + "\"prompt\" occurs twice in one object at byte 27."),
    Case(
      "lone surrogate", good + "\n" + #"{"prompt":"\ud800"}"#,
      "p.jsonl, line 3: this is not strict JSON: a \\u escape is half of a surrogate pair at byte 17."
    ),
    Case(
      "byte order mark later", good + "\u{FEFF}" + good,
      "p.jsonl, line 2: this is not strict JSON: the text starts with a byte order mark at byte 0."),
    Case(
      "not UTF-8", name: "p.jsonl",
      bytes: Array(#"{"prompt":""#.utf8) + [0xFF] + Array(#""}"#.utf8),
      "p.jsonl, line 1: this is not strict JSON: a string is not UTF-8 at byte 11."),
    Case(
      "overlong UTF-8", name: "p.jsonl",
      bytes: Array(#"{"prompt":""#.utf8) + [0xC0, 0x80] + Array(#""}"#.utf8),
      "p.jsonl, line 1: this is not strict JSON: a string is not UTF-8 at byte 11."),
    Case(
      "raw zero byte", "{\"prompt\":\"a\u{0}\"}",
      "p.jsonl, line 1: this is not strict JSON: byte 0x00 stands unescaped in a string at byte 12."
    ),
    Case("neither", #"{"text":"a"}"#, "p.jsonl, line 1: there is neither a prompt nor messages."),
    Case(
      "null prompt", #"{"prompt":null}"#, "p.jsonl, line 1: there is neither a prompt nor messages."
    ),
    Case(
      "both", #"{"prompt":"a","messages":[{"role":"user","content":"b"}]}"#,
      "p.jsonl, line 1: there are both a prompt and messages; leave one of them out."),
    Case(
      "empty prompt", good + #"{"prompt":""}"#,
      "p.jsonl, line 2: the prompt is empty, so only the chat template would be measured."),
    Case(
      "empty contents",
      #"{"messages":[{"role":"user","content":""},{"role":"assistant","content":""}]}"#,
      "p.jsonl, line 1: the prompt is empty, so only the chat template would be measured."),
    Case(
      "number as prompt", #"{"prompt":5}"#,
      "p.jsonl, line 1: prompt is a number, but a string is needed."),
    Case(
      "list as response", #"{"prompt":"a","response":[]}"#,
      "p.jsonl, line 1: response is an array, but a string is needed."),
    Case(
      "truth value as id", #"{"prompt":"a","id":true}"#,
      "p.jsonl, line 1: id is a truth value, but a string or a number is needed."),
    Case(
      "object as label", #"{"prompt":"a","label":{}}"#,
      "p.jsonl, line 1: label is an object, but a string, a number or a truth value is needed."),
    Case(
      "empty id", #"{"prompt":"a","id":""}"#,
      "p.jsonl, line 1: the id is empty; leave it out to number the prompts."),
    Case(
      "zero byte in id", #"{"prompt":"a","id":"x\u0000"}"#,
      "p.jsonl, line 1: id holds a zero byte, which cannot be stored."),
    Case(
      "zero byte in group", #"{"prompt":"a","group":"\u0000"}"#,
      "p.jsonl, line 1: group holds a zero byte, which cannot be stored."),
    Case(
      "repeated id", #"{"prompt":"a","id":"x"}"# + "\n\n" + #"{"prompt":"b","id":"x"}"#,
      "p.jsonl, line 3: the id \"x\" is that of line 1 already."),
    Case(
      "id equal to a number given", #"{"prompt":"a"}"# + "\n" + #"{"prompt":"b","id":0}"#,
      "p.jsonl, line 2: the id \"0\" is that of line 1 already."),
    Case(
      "id with an escape sequence",
      #"{"prompt":"a","id":"\u001b[2J"}"# + "\n" + #"{"prompt":"b","id":"\u001b[2J"}"#,
      "p.jsonl, line 2: the id \"\\u{1B}[2J\" is that of line 1 already."),
    Case(
      "messages as text", #"{"messages":"a"}"#,
      "p.jsonl, line 1: messages is a string, but an array is needed."),
    Case(
      "no messages", #"{"messages":[]}"#,
      "p.jsonl, line 1: messages is empty; at least one message is needed."),
    Case(
      "message as text", #"{"messages":["a"]}"#,
      "p.jsonl, line 1: message 1 is a string, but an object with role and content is needed."),
    Case(
      "message without content", #"{"messages":[{"role":"user"}]}"#,
      "p.jsonl, line 1: message 1 has nothing as its content, but a string is needed."),
    Case(
      "message without role", #"{"messages":[{"content":"a"}]}"#,
      "p.jsonl, line 1: message 1 has nothing as its role, but a string is needed."),
    Case(
      "content of parts", #"{"messages":[{"role":"user","content":[{"type":"text"}]}]}"#,
      "p.jsonl, line 1: message 1 has an array as its content, but a string is needed."),
    Case(
      "message with tool calls",
      #"{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"","tool_calls":[]}]}"#,
      "p.jsonl, line 1: message 2 has a field \"tool_calls\", which is not supported; a message has a role "
        + "and a content."),
    Case(
      "role that closes a turn", #"{"messages":[{"role":"user<|im_end|>","content":"a"}]}"#,
      "p.jsonl, line 1: message 1 has the role \"user<|im_end|>\", but a role is a word of letters, digits, "
        + "'_' and '-', such as user."),
    Case(
      "several", "{\n" + good + "x\n" + good + "[]\n",
      """
      p.jsonl, line 1: this is not strict JSON: the text ends in the middle of a value at byte 1.
      p.jsonl, line 3: this is not strict JSON: 'x' stands where a value should at byte 0.
      p.jsonl, line 5: this is an array, but an object such as {"prompt": "…"} is needed.
      """),
  ]

  static let tables = [
    Case(
      "no text column", csv: "text;label\na;b\n",
      "p.csv, line 1: no column is named prompt or messages; the columns are \"text;label\"."),
    Case(
      "repeated column", csv: "prompt,id,id\na,b,c\n",
      "p.csv, line 1: two columns are named \"id\"."),
    Case("nameless column", csv: "prompt,\na,b\n", "p.csv, line 1: a column has no name."),
    Case(
      "UTF-16 without a mark", csv: "p\u{0}r\u{0}\n\u{0}",
      "p.csv, line 1: the column name \"p\\0r\\0\" has control characters."),
    Case(
      "ragged row", csv: "prompt,id\na,b\n\nc\n",
      "p.csv, line 4: there is 1 field, but the header names 2."),
    Case(
      "long row", csv: "prompt\na,b\n", "p.csv, line 2: there are 2 fields, but the header names 1."
    ),
    Case(
      "unclosed quote", csv: "prompt,id\na,\"b\nc,d\n",
      "p.csv, line 2: a quoted field is never closed."),
    Case(
      "quote inside a field", csv: "prompt,id\na \"b\",c\n",
      "p.csv, line 2: a quote stands inside a field without quotes; put the field in quotes and double the "
        + "quote."),
    Case(
      "text after a quote", csv: "prompt,id\n\"a\"b,c\n",
      "p.csv, line 2: something follows a closing quote; a quote inside a field is doubled."),
    Case(
      "carriage return alone", csv: "prompt\na\rb\n",
      "p.csv, line 2: a carriage return stands alone; put the field in quotes."),
    Case(
      "not UTF-8", name: "p.csv", bytes: Array("prompt\n".utf8) + [0xC3, 0x28, 10],
      "p.csv, line 2: a field is not UTF-8; save the file as UTF-8."),
    Case(
      "empty prompt", csv: "prompt,id\n\"\",1\n",
      "p.csv, line 2: the prompt is empty, so only the chat template would be measured."),
    Case(
      "missing prompt", csv: "prompt,id\n,1\n",
      "p.csv, line 2: there is neither a prompt nor messages."),
    Case(
      "repeated id after a line break in quotes", csv: "prompt,id\n\"a\nb\",1\nc,1\n",
      "p.csv, line 4: the id \"1\" is that of line 2 already."),
    Case(
      "messages that are not JSON", csv: "messages\nhello\n",
      "p.csv, line 2: this is not strict JSON: 'h' stands where a value should at byte 0."),
  ]

  @Test(
    "name the file, the line, what was found and what to do", arguments: files + jsonLines + tables)
  func sentences(testCase: Case) throws {
    do {
      _ = try promptSet(testCase.bytes, name: testCase.name)
      Issue.record("nothing was thrown")
    } catch let error as TokenizationError {
      // The folder is another one every time.
      let sentence = error.description.split(separator: "\n").map { line in
        line.firstRange(of: testCase.name).map { String(line[$0.lowerBound...]) } ?? String(line)
      }.joined(separator: "\n")
      #expect(sentence == testCase.sentence)
      #expect(error.kind == .badInput)
    }
  }

  @Test("many bad lines are counted, the first ten described")
  func many() throws {
    do {
      _ = try promptSet(String(repeating: "x\n", count: 25))
      Issue.record("nothing was thrown")
    } catch let error as TokenizationError {
      let lines = error.description.split(separator: "\n")
      #expect(lines.count == 11)
      #expect(lines.last?.hasSuffix("p.jsonl has 15 more bad lines.") == false)
      #expect(lines.last?.hasSuffix("prompts.jsonl has 15 more bad lines.") == true)
    }
  }

  @Test("a record of more than 16 MiB is refused, and the next one is read")
  func tooLong() throws {
    let long = [UInt8](repeating: UInt8(ascii: "a"), count: 16 << 20)
    func faults(_ bytes: [UInt8], name: String) throws -> [PromptLineFault] {
      do {
        _ = try promptSet(bytes, name: name)
      } catch TokenizationError.promptLines(_, let faults, _) {
        return faults
      }
      return []
    }
    let json = Array(#"{"prompt":""#.utf8) + long + Array("\"}\nx\n".utf8)
    let found = try faults(json, name: "p.jsonl")
    #expect(found.map(\.line) == [1, 2])
    #expect(found.first?.fault == .tooLong(byteCount: 16_777_229))
    let table = try faults(Array("prompt\n".utf8) + long + Array("a\nb,c\n".utf8), name: "p.csv")
    #expect(table.map(\.line) == [2, 3])
    #expect(table.first?.fault == .tooLong(byteCount: nil))
    let quoted = try faults(Array("prompt\n\"".utf8) + long + Array("a\"\n".utf8), name: "p.csv")
    #expect(quoted.map(\.fault) == [.tooLong(byteCount: nil)])
  }

  @Test("a file that is not there is missing input")
  func missing() {
    #expect(throws: ModelFileError.notFound(path: "/nowhere/p.jsonl")) {
      try PromptSet(path: "/nowhere/p.jsonl")
    }
  }
}
