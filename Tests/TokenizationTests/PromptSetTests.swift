import Foundation
import ModelFiles
import Testing
import Tokenization

/// Writes a file into a folder of its own, reads it as prompts and removes it.
func promptSet(_ bytes: [UInt8], name: String = "prompts.jsonl") throws -> PromptSet {
  let folder = FileManager.default.temporaryDirectory.appending(
    path: "prompts-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  let path = folder.appending(path: name).path
  try Data(bytes).write(to: URL(filePath: path))
  return try PromptSet(path: path)
}

func promptSet(_ text: String, name: String = "prompts.jsonl") throws -> PromptSet {
  try promptSet(Array(text.utf8), name: name)
}

@Suite("Prompt files")
struct PromptSetTests {
  @Test("JSON lines give prompts with all their fields")
  func jsonLines() throws {
    let set = try promptSet(
      #"""
      {"prompt": "How?", "id": "a-1", "label": 1, "group": "g", "pair": 7, "source": "s", "split": "train", "response": "So."}

      {"messages": [{"role": "system", "content": ""}, {"role": "user", "content": "Hé\u0000"}], "label": true, "extra": [1, {"b": 2, "a": null}], "note": "x", "gone": null}
      {"prompt": "third"}
      """#)
    #expect(set.prompts.count == 3)
    #expect(set.blankLineCount == 1)
    let first = set.prompts[0]
    #expect(first.index == 0 && first.line == 1 && first.id == "a-1")
    #expect(first.messages == [ChatMessage(role: "user", content: "How?")])
    #expect(first.label == "1" && first.group == "g" && first.pair == "7" && first.source == "s")
    #expect(first.split == "train" && first.response == "So." && first.extra.isEmpty)
    let second = set.prompts[1]
    #expect(second.index == 1 && second.line == 3 && second.id == "1" && second.label == "true")
    #expect(second.messages.map(\.role) == ["system", "user"])
    #expect(second.messages[1].content == "Hé\0")
    #expect(
      second.extra == [
        .init(name: "extra", value: #"[1,{"b":2,"a":null}]"#), .init(name: "note", value: "x"),
      ])
    #expect(second.group == nil && second.response == nil)
    #expect(set.prompts[2].id == "2")
  }

  @Test("comma-separated values give the same prompts")
  func commaSeparated() throws {
    let json = try promptSet(
      #"""
      {"prompt": "a, \"b\"\nc", "id": "007", "label": "1", "note": ""}
      {"messages": [{"role": "user", "content": "x"}], "id": "8", "group": "=1+1", "note": "n"}
      """#)
    let table = """
      id,label,prompt,messages,group,note\r
      007,1,"a, ""b""\nc",,,""\r
      8,,,"[{""role"": ""user"", ""content"": ""x""}]",=1+1,n
      """
    let csv = try promptSet(table, name: "Prompts.CSV")
    #expect(csv.prompts.map(\.messages) == json.prompts.map(\.messages))
    #expect(csv.prompts.map(\.id) == ["007", "8"])
    #expect(csv.prompts.map(\.label) == ["1", nil])
    #expect(csv.prompts.map(\.group) == [nil, "=1+1"])
    #expect(csv.prompts.map(\.line) == [2, 4])
    #expect(csv.prompts[0].extra == [.init(name: "note", value: "")])
    #expect(csv.digest == json.digest)
  }

  @Test("an empty field without quotes is missing, one in quotes is empty")
  func emptyFields() throws {
    let set = try promptSet("prompt,label,note\nx,,\ny,\"\",\"\"\n", name: "a.csv")
    #expect(set.prompts[0].label == nil && set.prompts[0].extra.isEmpty)
    #expect(set.prompts[1].label?.isEmpty == true)
    #expect(set.prompts[1].extra == [.init(name: "note", value: "")])
  }

  @Test(
    "line ends, blank lines and a byte order mark at the start make no difference",
    arguments: [
      "{\"prompt\":\"a\"}\n{\"prompt\":\"b\"}", "{\"prompt\":\"a\"}\n{\"prompt\":\"b\"}\n",
      "{\"prompt\":\"a\"}\r\n{\"prompt\":\"b\"}\r\n",
      "\u{FEFF}{\"prompt\":\"a\"}\n{\"prompt\":\"b\"}\n",
      "\n\n{\"prompt\":\"a\"}\n \t\n\r\n{\"prompt\":\"b\"}\n\n",
      " {\"prompt\":\"a\"} \n\t{ \"prompt\" : \"b\" }",
    ])
  func layout(text: String) throws {
    let set = try promptSet(text)
    #expect(set.prompts.map(\.messages[0].content) == ["a", "b"])
    #expect(try set.digest == promptSet("{\"prompt\":\"a\"}\n{\"prompt\":\"b\"}").digest)
    let csv = text.replacing("{\"prompt\":\"a\"}", with: "prompt\na").replacing(
      "{\"prompt\":\"b\"}", with: "b")
    guard !text.contains(" ") else { return }
    #expect(try promptSet(csv, name: "a.csv").prompts.map(\.messages[0].content) == ["a", "b"])
  }

  @Test("the digest tells any change of content, and nothing else")
  func digest() throws {
    let base = #"{"prompt":"p","id":"i","label":"l","x":"1","y":"2"}"#
    let digest = try promptSet(base).digest
    #expect(digest.count == 64)
    for same in [
      #"{"y":"2","x":"1","label":"l","id":"i","prompt":"p"}"#,
      #"{"messages":[{"role":"user","content":"p"}],"id":"i","label":"l","x":"1","y":"2"}"#,
      "\n" + base + "\n\n", #"{"prompt":"\u0070","id":"i","label":"l","x":"1","y":"2","z":null}"#,
    ] {
      #expect(try promptSet(same, name: "other.json").digest == digest, "\(same)")
    }
    for other in [
      #"{"prompt":"P","id":"i","label":"l","x":"1","y":"2"}"#,
      #"{"prompt":"p","id":"j","label":"l","x":"1","y":"2"}"#,
      #"{"prompt":"p","id":"i","group":"l","x":"1","y":"2"}"#,
      #"{"prompt":"p","id":"i","label":"l","x":"1","y":"3"}"#,
      #"{"prompt":"p","id":"i","label":"l","x":"1"}"#,
      #"{"prompt":"p","id":"i","label":"l","response":"","x":"1","y":"2"}"#,
      #"{"messages":[{"role":"tool","content":"p"}],"id":"i","label":"l","x":"1","y":"2"}"#,
      #"{"messages":[{"role":"user","content":"p"},{"role":"user","content":""}],"id":"i","label":"l","x":"1","y":"2"}"#,
      base + "\n" + #"{"prompt":"p"}"#,
    ] {
      #expect(try promptSet(other).digest != digest, "\(other)")
    }
    let two = #"{"prompt":"a","id":"1"}"# + "\n" + #"{"prompt":"b","id":"2"}"#
    let swapped = #"{"prompt":"b","id":"2"}"# + "\n" + #"{"prompt":"a","id":"1"}"#
    #expect(try promptSet(two).digest != promptSet(swapped).digest)
  }

  @Test("ids and texts that are equal only after normalisation are different")
  func normalization() throws {
    let set = try promptSet(
      "{\"prompt\":\"é\",\"id\":\"é\"}\n{\"prompt\":\"e\u{301}\",\"id\":\"e\u{301}\"}")
    #expect(set.prompts.count == 2)
    #expect(set.prompts.map { Array($0.id.utf8).count } == [2, 3])
    let columns = try promptSet("prompt,é,e\u{301}\na,b,c\n", name: "a.csv")
    #expect(columns.prompts[0].extra.map(\.value) == ["b", "c"])
  }

  @Test("text may hold every Unicode scalar")
  func scalars() throws {
    let text = "\u{0}\u{1}\u{7F}\u{85}\u{2028}\u{FEFF}\u{FFFE}\u{10FFFF}\u{E000}👩‍👩‍👧 \r\n"
    let escaped = "\\u0000\\u0001\u{7F}\u{85}\u{2028}\\ufeff\\ufffe\\udbff\\udfff\u{E000}👩‍👩‍👧 \\r\\n"
    #expect(try promptSet("{\"prompt\": \"\(escaped)\"}").prompts[0].messages[0].content == text)
    let csv = try promptSet("prompt\n\"\(text)\"\n", name: "a.csv")
    #expect(Array(csv.prompts[0].messages[0].content.unicodeScalars) == Array(text.unicodeScalars))
  }

  @Test("a file of many prompts is read whole")
  func size() throws {
    let lines = (0..<20_000).map { index in
      #"{"prompt":"Prompt number \#(index) with some words in it","id":"\#(index)x","label":\#(index % 2)}"#
    }
    let set = try promptSet(lines.joined(separator: "\n"))
    #expect(set.prompts.count == 20_000)
    #expect(set.prompts[19_999].id == "19999x")
  }

  @Test("no change of a file's bytes makes the reader trap")
  func mutations() throws {
    var generator = SeededGenerator(seed: 11)
    let files = [
      (
        "a.jsonl",
        #"{"prompt":"aé😀\n","id":1,"x":[{}]}"# + "\r\n"
          + #"{"messages":[{"role":"user","content":"\u00e9"}],"label":true}"#
      ),
      ("a.csv", "id,prompt,\"la\"\"bel\"\r\n1,\"a,\n\"\"b\"\"\",x\r\n\n2,c😀,\r\n"),
    ]
    let extra = Array("\"\\{}[]:,\r\n\u{0}ux0e9 ".utf8) + [0xFF, 0xC3, 0xED, 0xA0, 0x80, 0xF4]
    var read = 0
    for round in 0..<600 {
      let (name, text) = files[round % files.count]
      var bytes = Array(text.utf8)
      for _ in 0...generator.below(3) {
        let place = generator.below(bytes.count)
        switch generator.below(3) {
        case 0: bytes[place] = extra[generator.below(extra.count)]
        case 1: bytes.insert(extra[generator.below(extra.count)], at: place)
        default: bytes.removeSubrange(place..<(place + generator.below(bytes.count - place)))
        }
        if bytes.isEmpty { bytes = [10] }
      }
      do {
        read += try promptSet(bytes, name: name).prompts.count > 0 ? 1 : 0
      } catch is TokenizationError {
        continue
      }
    }
    #expect(read > 20)
  }
}
