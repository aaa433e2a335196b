import Foundation
import ModelFiles
import Testing
import Tokenization

/// What jinja2 made of our templates; `scripts/goldens/chat_templates.py` writes it.
private struct Goldens {
  struct Case {
    let conversation: JSONObject
    /// The text, or nil where jinja2 raised an error.
    let text: String?
    let place: String
  }

  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Goldens/chat-templates")

  var templates: [String: [Case]] = [:]
  var snippets: [(source: String, Case)] = []

  init() throws {
    let conversations = try Self.json("conversations.json").asArray ?? []
    var byName: [ByteString: JSONObject] = [:]
    for conversation in conversations.compactMap(\.asObject) {
      byName[try #require(conversation["name"]?.asString)] = conversation
    }
    let sources = try Self.lines("snippets.jsonl").map { try #require($0.asString).string }
    for line in try Self.lines("expected.jsonl").dropFirst() {
      let object = try #require(line.asObject)
      let text = object["text"]?.asString?.string
      try #require(text != nil || object["error"] != nil)
      if let template = object["template"]?.asString?.string {
        let name = try #require(object["conversation"]?.asString)
        templates[template, default: []].append(
          Case(conversation: try #require(byName[name]), text: text, place: name.string))
      } else {
        let number = try #require(object["snippet"]?.asInt)
        let conversation = try #require(conversations.first?.asObject)
        let golden = Case(conversation: conversation, text: text, place: "snippet \(number)")
        snippets.append((sources[number - 1], golden))
      }
    }
  }

  static func source(_ template: String) throws -> String {
    String(decoding: try Data(contentsOf: folder.appending(path: template)), as: UTF8.self)
  }

  private static func json(_ name: String) throws -> JSONValue {
    try JSONValue.parse([UInt8](try Data(contentsOf: folder.appending(path: name))))
  }

  private static func lines(_ name: String) throws -> [JSONValue] {
    try Data(contentsOf: folder.appending(path: name)).split(separator: UInt8(ascii: "\n"))
      .map { try JSONValue.parse([UInt8]($0)) }
  }

  /// Renders as the golden was rendered.
  static func render(_ source: String, _ conversation: JSONObject) throws -> RenderedChat {
    var values: [(name: String, value: JSONValue)] = [
      ("bos_token", .string("<s>")), ("eos_token", .string("</s>")),
    ]
    for (key, value) in conversation["variables"]?.asObject?.members ?? [] {
      values.append((key.string, value))
    }
    let date = TemplateDate(year: 2024, month: 7, day: 6, hour: 9, minute: 5)
    let template = try ChatTemplate(source: source, values: values, date: date)
    let messages = try #require(conversation["messages"]?.asArray).compactMap(\.asObject)
    let opens = try #require(conversation["add_generation_prompt"]?.asBool as Bool?)
    return try template.render(objects: messages, addGenerationPrompt: opens)
  }

  static func check(_ source: String, _ golden: Case) {
    do {
      let rendered = try render(source, golden.conversation)
      let text = Comment(rawValue: "\(golden.place): \(source.prefix(200))")
      if let expected = golden.text {
        #expect(rendered.text == Array(expected.utf8), text)
      } else {
        Issue.record("jinja2 raises an error, got \(rendered.string.debugDescription); \(text)")
      }
    } catch {
      #expect(golden.text == nil, "\(error); \(golden.place): \(source.prefix(200))")
    }
  }
}

@Suite("Chat templates against jinja2")
struct ChatTemplateGoldenTests {
  @Test("every template renders every conversation as jinja2 does, or fails where it raises")
  func templates() throws {
    let goldens = try Goldens()
    #expect(goldens.templates.count == 60)
    for (template, cases) in goldens.templates.sorted(by: { $0.key < $1.key }) {
      let source = try Goldens.source(template)
      for golden in cases { Goldens.check(source, golden) }
    }
  }

  @Test("every snippet means what it means to jinja2, or fails where it raises")
  func snippets() throws {
    let goldens = try Goldens()
    #expect(goldens.snippets.count > 300)
    for (source, golden) in goldens.snippets { Goldens.check(source, golden) }
  }

  @Test("marks exactly the scalars of each message's content as that message's")
  func origins() throws {
    // Contents written in letters that occur nowhere else show where they end up. Case changes, and
    // escapes would replace them, so they are private-use letters.
    let goldens = try Goldens()
    for (template, cases) in goldens.templates where template.hasPrefix("chat/") {
      for golden in cases {
        let messages = try #require(golden.conversation["messages"]?.asArray)
        let marked = messages.enumerated().map { index, message in
          let letter = Unicode.Scalar(0xE000 + UInt32(index)) ?? " "
          let members = (message.asObject?.members ?? []).map { key, value in
            key == "content" && value.asString != nil
              ? (key, JSONValue.string(ByteString(String(repeating: Character(letter), count: 5))))
              : (key, value)
          }
          return JSONValue.object(JSONObject(members))
        }
        let others = golden.conversation.members.filter { $0.key != "messages" }
        let conversation = JSONObject(others + [("messages", .array(marked))])
        guard let rendered = try? Goldens.render(try Goldens.source(template), conversation) else {
          continue
        }
        for piece in rendered.pieces {
          for scalar in String(decoding: rendered.text[piece.range], as: UTF8.self).unicodeScalars
          where (0xE000..<0xE100).contains(scalar.value) {
            #expect(piece.origin == .message(Int(scalar.value) - 0xE000), "\(template)")
          }
          if case .template = piece.origin { continue }
          // Tool calls belong to their message too, so only plain conversations can be all letters.
          guard messages.allSatisfy({ $0.asObject?["tool_calls"] == nil }) else { continue }
          guard messages.allSatisfy({ $0.asObject?["content"]?.asString != nil }) else { continue }
          guard messages.allSatisfy({ $0.asObject?["reasoning_content"] == nil }) else { continue }
          if template == "chat/dated-json.jinja" { continue }  // escapes every letter
          let text = String(decoding: rendered.text[piece.range], as: UTF8.self)
          #expect(
            text.unicodeScalars.allSatisfy { (0xE000..<0xE100).contains($0.value) }, "\(template)")
        }
      }
    }
  }

  @Test("pieces follow each other without gaps and cover the text")
  func pieces() throws {
    let goldens = try Goldens()
    for (template, cases) in goldens.templates {
      let source = try Goldens.source(template)
      for golden in cases {
        guard let rendered = try? Goldens.render(source, golden.conversation) else { continue }
        var position = 0
        var previous: TextOrigin?
        for piece in rendered.pieces {
          #expect(piece.range.lowerBound == position && !piece.range.isEmpty)
          #expect(piece.origin != previous)
          position = piece.range.upperBound
          previous = piece.origin
        }
        #expect(position == rendered.text.count)
      }
    }
  }
}
