import Foundation
import TestSupport

extension BadInput {
  /// A row for a model that the closure makes, returning its name.
  private static func model(
    _ id: String, _ code: Int32, _ words: String...,
    make: @escaping @Sendable (TestFolder) throws -> String
  ) -> BadInput {
    BadInput(id: id, code: code, words: words) { folder in
      ["extract", "--model", try make(folder), "--prompts", "one.jsonl", "--output", "out.h5"]
    }
  }

  /// A row for a tiny model's folder with other safetensors in it.
  private static func weights(
    _ id: String, _ words: String..., change: @escaping @Sendable (inout SafetensorsParts) -> Void
  ) -> BadInput {
    BadInput(id: id, code: 65, words: words) { folder in
      try folder.copyModel("llama-tied")
      var parts = try SafetensorsParts(folder.bytes("model/model.safetensors"))
      change(&parts)
      try folder.write(parts.bytes, to: "model/model.safetensors")
      return ["extract", "--model", "model", "--prompts", "one.jsonl", "--output", "out.h5"]
    }
  }

  /// A row for a tiny model's folder with one of its files replaced.
  private static func file(
    _ id: String, _ code: Int32, _ words: String..., name: String, _ text: String
  ) -> BadInput {
    BadInput(id: id, code: code, words: words) { folder in
      try folder.copyModel("llama-tied")
      try folder.write(text, to: "model/" + name)
      return ["extract", "--model", "model", "--prompts", "one.jsonl", "--output", "out.h5"]
    }
  }

  /// A row for a GGUF file with 8 bytes of its header changed.
  private static func header(_ id: String, at offset: Int, _ value: UInt64) -> BadInput {
    model(id, 65, "model.gguf", "GG-") { folder in
      var bytes = Array(try Data(contentsOf: URL(fileURLWithPath: TinyModel.gguf)))
      bytes.replaceSubrange(offset..<offset + 8, with: littleEndian(value))
      return try folder.write(bytes, to: "model.gguf")
    }
  }

  private static let pointer = """
    version https://git-lfs.github.com/spec/v1
    oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393
    size 12345

    """
  private static let page = "<!DOCTYPE html>\n<html><body>404 Not Found</body></html>\n"
  private static let down = "model.layers.0.mlp.down_proj.weight"

  static let models: [BadInput] = [
    model("no model", 66, "nowhere", "does not exist") { _ in "nowhere" },
    model("empty file", 65, "model.gguf", "is empty") { try $0.write("", to: "model.gguf") },
    model("folder without a model", 66, "folder", "no config.json") {
      try $0.write("text", to: "folder/notes.txt")
      return "folder"
    },
    model("folder without weights", 66, "folder", "no weights") {
      try $0.copyModel("llama-tied", as: "folder")
      try FileManager.default.removeItem(at: $0.url("folder/model.safetensors"))
      return "folder"
    },
    model("folder without a tokenizer", 66, "folder", "no tokenizer.json") {
      try $0.copyModel("llama-tied", as: "folder")
      try FileManager.default.removeItem(at: $0.url("folder/tokenizer.json"))
      return "folder"
    },
    model("folder with pickled weights", 66, "pytorch_model.bin", "never opened", "safetensors") {
      try $0.copyModel("llama-tied", as: "folder")
      try FileManager.default.moveItem(
        at: $0.url("folder/model.safetensors"), to: $0.url("folder/pytorch_model.bin"))
      return "folder"
    },
    model("pickled weights", 65, "pytorch_model.bin", "never opened", "GGUF") {
      try $0.write("PK\u{3}\u{4}", to: "pytorch_model.bin")
    },
    model("Git LFS pointer", 65, "model.gguf", "Git LFS pointer", "git lfs pull") {
      try $0.write(pointer, to: "model.gguf")
    },
    model("link to itself", 66, "model.gguf", "cannot be opened") {
      try FileManager.default.createSymbolicLink(
        atPath: $0.path("model.gguf"), withDestinationPath: "model.gguf")
      return "model.gguf"
    },
    model("web page", 65, "model.gguf", "web page") { try $0.write(page, to: "model.gguf") },
    model("prompts as a model", 65, "one.jsonl", "GGUF") { _ in "one.jsonl" },
    model("weights without their folder", 65, "model.safetensors", "name the folder") {
      try $0.copyModel("llama-tied") + "/model.safetensors"
    },

    file("empty safetensors", 65, "is empty", name: "model.safetensors", ""),
    file(
      "Git LFS pointer in a folder", 65, "model.safetensors", "git lfs pull",
      name: "model.safetensors", pointer),
    file(
      "web page in a folder", 65, "model.safetensors", "web page", name: "model.safetensors", page),
    file("configuration cut off", 65, "config.json", "JSON", name: "config.json", "{\"hidden"),
    file("configuration of another kind", 65, "config.json", name: "config.json", "[]"),
    file("tokenizer cut off", 65, "tokenizer.json", "JSON", name: "tokenizer.json", "{\"model"),
    model("configuration of another model", 65, "do not fit config.json", "same checkpoint?") {
      let other = URL(fileURLWithPath: TinyModel.path("llama-untied/config.json"))
      try $0.copyModel("llama-tied")
      try $0.write(Array(try Data(contentsOf: other)), to: "model/config.json")
      return "model"
    },
    model("family that is not known", 65, "config.json", "GPTNeoXForCausalLM", "LlamaForCausalLM") {
      try $0.copyModel("llama-tied")
      let text = String(decoding: try $0.bytes("model/config.json"), as: UTF8.self)
        .replacingOccurrences(of: "LlamaForCausalLM", with: "GPTNeoXForCausalLM")
        .replacingOccurrences(of: "\"llama\"", with: "\"gpt_neox\"")
      try $0.write(text, to: "model/config.json")
      return "model"
    },

    weights("header longer than the file", "model.safetensors", "ST-") { $0.headerCount = 1 << 62 },
    weights("header of 2^63 bytes", "model.safetensors", "ST-") { $0.headerCount = 1 << 63 },
    weights("header of 2^64 - 1 bytes", "model.safetensors", "ST-") { $0.headerCount = .max },
    weights("header of no bytes", "model.safetensors", "ST-") { $0.headerCount = 0 },
    weights("overlapping tensors", "model.safetensors", "inside the one", "ST-") {
      $0[down, "data_offsets"] = $0.offsets(of: down).map { $0 - 4 }
    },
    weights("tensor beyond the end", "model.safetensors", "ST-") {
      let count = $0.data.count
      let place = $0.offsets(of: down)
      $0[down, "data_offsets"] = [place[0] + count, place[1] + count]
    },
    weights("unknown type", "model.safetensors", "F9", "ST-") { $0[down, "dtype"] = "F9" },
    weights("type that is not a weight's", down, "I32") { $0[down, "dtype"] = "I32" },
    weights("weight that is not a number", down, "nan", "finite") {
      let place = $0.offsets(of: down)
      $0.data.replaceSubrange(place[0]..<place[0] + 4, with: [0, 0, 0xC0, 0x7F])
    },
    weights("infinite weight", "model.embed_tokens.weight", "inf", "finite") {
      let place = $0.offsets(of: "model.embed_tokens.weight")
      // The row of a token that every prompt has.
      $0.data.replaceSubrange(
        place[0] + 268 * 144..<place[0] + 268 * 144 + 4, with: [0, 0, 0x80, 0x7F])
    },
    weights("transposed tensor", down, "[56, 36]", "[36, 56]") { $0[down, "shape"] = [56, 36] },
    weights("tensor under another name", down, "missing") {
      $0.rename(down, to: "model.layers.0.mlp.down.weight")
    },

    header("tensor count of 2^63", at: 8, 1 << 63),
    header("tensor count of 2^63 - 1", at: 8, 1 << 63 - 1),
    header("key count of 2^63", at: 16, 1 << 63),
    header("key count of 2^64 - 1", at: 16, .max),
    header("key of 2^63 bytes", at: 24, 1 << 63),
  ]

  /// The memberwise start that the variadic one hides.
  init(
    id: String, code: Int32, words: [String],
    arguments: @escaping @Sendable (TestFolder) async throws -> [String]
  ) {
    self.id = id
    self.code = code
    self.words = words
    self.arguments = arguments
  }
}

/// A number's bytes, the lowest first.
func littleEndian(_ value: UInt64) -> [UInt8] {
  (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
}

/// A safetensors file taken apart.
struct SafetensorsParts {
  /// The length that the file claims for its header; the true one by default.
  var headerCount: UInt64?
  var data: [UInt8]
  private var header: [String: [String: Any]]

  init(_ bytes: [UInt8]) throws {
    let count = (0..<8).reduce(0) { $0 | Int(bytes[$1]) << (8 * $1) }
    let object = try JSONSerialization.jsonObject(with: Data(bytes[8..<8 + count]))
    header = object as? [String: [String: Any]] ?? [:]
    data = Array(bytes[(8 + count)...])
  }

  /// A field of a tensor.
  subscript(tensor: String, field: String) -> Any? {
    get { header[tensor]?[field] }
    set { header[tensor]?[field] = newValue }
  }

  func offsets(of tensor: String) -> [Int] { self[tensor, "data_offsets"] as? [Int] ?? [] }

  mutating func rename(_ tensor: String, to name: String) {
    header[name] = header.removeValue(forKey: tensor)
  }

  var bytes: [UInt8] {
    let text = (try? JSONSerialization.data(withJSONObject: header)) ?? Data()
    return littleEndian(headerCount ?? UInt64(text.count)) + text + data
  }
}
