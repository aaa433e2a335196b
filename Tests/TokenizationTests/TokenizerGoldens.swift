import Foundation
import ModelFiles
import Testing
import Tokenization

/// Tokenizers of each family and what the references make of texts (scripts/goldens/tokenizer.py).
enum TokenizerGoldens {
  /// A text, its ids, and what those decode to.
  struct Case {
    var text: [UInt8]
    var ids: [Int32]
    var decoded: ByteString?
  }

  static let families = [
    "gpt2", "gpt2-prefix", "llama3", "qwen2", "smollm2", "tekken", "llama2", "metaspace",
    "metaspace-split",
  ]

  static func path(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Goldens/tokenizer/\(name)").path
  }

  static func json(_ name: String) throws -> JSONObject {
    let data = try Data(contentsOf: URL(fileURLWithPath: path(name)))
    return try #require(try JSONValue.parse([UInt8](data)).asObject)
  }

  static func cases(_ name: String) throws -> [Case] {
    try #require(try json("\(name).json")["cases"]?.asArray).map { value in
      let parts = try #require(value.asArray)
      let ids = try #require(parts[1].asArray).map { Int32(try #require($0.asInt)) }
      return Case(
        text: try #require(parts[0].asString).bytes, ids: ids,
        decoded: parts.count > 2 ? parts[2].asString : nil)
    }
  }

  /// A family's tokenizer.json with its vocabulary and merges put in.
  static func tokenizerJSON(_ family: String) throws -> JSONObject {
    let parts = try #require(try json("families.json")[ByteString(family)]?.asObject)
    let name = try #require(parts["vocabulary"]?.asString).string
    let shared = try json("\(name).json")
    let tokens = try #require(shared["tokens"]?.asArray).map { try #require($0.asString) }
    let vocabulary = JSONObject(tokens.enumerated().map { ($1, .number(JSONNumber($0))) })
    let tokenizer = try #require(parts["tokenizer"]?.asObject)
    let model = try #require(tokenizer["model"]?.asObject)
      .setting("vocab", .object(vocabulary)).setting("merges", shared["merges"] ?? .null)
    return tokenizer.setting("model", .object(model))
  }

  static func tokenizer(_ family: String) throws -> Tokenizer {
    try tokenizer(tokenizerJSON(family))
  }

  static func tokenizer(
    _ object: JSONObject, configuration: JSONObject? = nil
  ) throws -> Tokenizer {
    try Tokenizer(
      .tokenizerJSON(
        object, tokenizerConfig: configuration, chatTemplate: nil, path: "m/tokenizer.json"))
  }

  /// The metadata of a golden GGUF file, with some values set, or taken out where nil.
  static func metadata(
    _ name: String, setting changes: [ByteString: GGUFValue?] = [:]
  ) throws -> GGUFMetadata {
    let original = try GGUFFile(path: path("\(name).gguf")).metadata
    var values: [ByteString: GGUFValue] = [:]
    for key in original.keys { values[key] = original[key.string] }
    for (key, value) in changes { values[key] = value }
    return GGUFMetadata(values, path: "m.gguf")
  }

  static func tokenizer(
    gguf name: String, setting changes: [ByteString: GGUFValue?] = [:]
  ) throws -> Tokenizer {
    try Tokenizer(.gguf(metadata(name, setting: changes), path: "m.gguf"))
  }
}

extension JSONObject {
  /// The object with a member set, or added at the end.
  func setting(_ key: ByteString, _ value: JSONValue) -> JSONObject {
    var members = members.filter { $0.key != key }
    members.append((key, value))
    return JSONObject(members)
  }

  /// The object without a member.
  func removing(_ key: ByteString) -> JSONObject {
    JSONObject(members.filter { $0.key != key })
  }

  /// The object with a member deep inside set.
  func setting(_ path: [ByteString], _ value: JSONValue) -> JSONObject {
    guard let key = path.first else { return self }
    if path.count == 1 { return setting(key, value) }
    let inner = self[key]?.asObject ?? [:]
    return setting(key, .object(inner.setting(Array(path.dropFirst()), value)))
  }
}

extension Tokenizer {
  /// The texts of the tokens of a text.
  func pieces(_ text: String, parsing: Bool = false) -> [String] {
    encode(text, parsingSpecialTokens: parsing).map {
      String(decoding: bytes(of: $0), as: UTF8.self)
    }
  }
}
