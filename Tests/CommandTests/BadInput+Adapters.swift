import Foundation
import TestSupport

extension BadInput {
  /// A row for an adapter that the closure makes, returning its name.
  private static func adapter(
    _ id: String, _ code: Int32, _ words: String...,
    model: String = TinyModel.tied, make: @escaping @Sendable (TestFolder) throws -> String
  ) -> BadInput {
    BadInput(id: id, code: code, words: words) { folder in
      [
        "extract", "--model", "\(model)+\(try make(folder))", "--prompts", "one.jsonl", "--output",
        "out.h5",
      ]
    }
  }

  private static let plain = Goldens.path("adapters/plain")

  static let adapters: [BadInput] = [
    adapter("no adapter", 66, "nowhere", "does not exist") { _ in "nowhere" },
    adapter("nothing behind the plus", 64, "--model", "an adapter's folder behind each +") { _ in
      ""
    },
    adapter("model as an adapter", 66, "is a model and no adapter") { _ in TinyModel.qwen2 },
    adapter("adapter of another model", 65, "adapter of another model?", model: TinyModel.qwen2) {
      _ in plain
    },
    adapter("second adapter of another model", 65, "adapter of another model?") { _ in
      "\(plain)+\(Goldens.path("adapters/patterned"))"
    },
    adapter("pickled adapter", 66, "adapter_model.bin", "load it with PEFT") { folder in
      try folder.copyAdapter()
      try FileManager.default.moveItem(
        at: folder.url("adapter/adapter_model.safetensors"),
        to: folder.url("adapter/adapter_model.bin"))
      return "adapter"
    },
    adapter("rank 0", 65, "adapter_config.json", "r is 0") { folder in
      try folder.copyAdapter { $0.replacingOccurrences(of: "\"r\": 4", with: "\"r\": 0") }
      return "adapter"
    },
    adapter("rank that the tensors do not have", 65, "[4, 36]", "implies [3, 36]", "r is 3") {
      folder in
      try folder.copyAdapter { $0.replacingOccurrences(of: "\"r\": 4", with: "\"r\": 3") }
      return "adapter"
    },
    adapter("unknown modules", 65, "missing: model.layers.0.self_attn.k_proj") { folder in
      try folder.copyAdapter { $0.replacingOccurrences(of: "\"q_proj\"", with: "\"k_proj\"") }
      return "adapter"
    },
    adapter("DoRA", 65, "use_dora is true") { folder in
      try folder.copyAdapter {
        $0.replacingOccurrences(of: "\"use_dora\": false", with: "\"use_dora\": true")
      }
      return "adapter"
    },
    adapter("configuration that is cut off", 65, "adapter_config.json", "not strict JSON") {
      folder in
      try folder.copyAdapter { String($0.prefix(100)) }
      return "adapter"
    },
    adapter("truncated tensors", 65, "adapter_model.safetensors", "incomplete") { folder in
      try folder.copyAdapter()
      let bytes = try folder.bytes("adapter/adapter_model.safetensors")
      try folder.write(Array(bytes.dropLast()), to: "adapter/adapter_model.safetensors")
      return "adapter"
    },
    BadInput("export to a folder that is there", 73, "exists already", "name another") { folder in
      try folder.write("mine", to: "out/notes.txt")
      return ["export", "--model", TinyModel.tied, "--output", "out"]
    },
    BadInput("export in a type that is none", 64, "--dtype f8", "f32, f16 or bf16") { _ in
      ["export", "--model", TinyModel.tied, "--output", "out", "--dtype", "f8"]
    },
    BadInput("export in shards of no size", 64, "--shard-size 0", "GiB") { _ in
      ["export", "--model", TinyModel.tied, "--output", "out", "--shard-size", "0"]
    },
    BadInput("blend of different models", 65, "cannot be blended", "differ in sizes") { _ in
      [
        "blend", "--before", TinyModel.tied, "--after", TinyModel.qwen2, "--weight", "0.5",
        "--output", "out",
      ]
    },
    BadInput("blend beyond the tuned model", 64, "--weight must be from 0 to 1") { _ in
      ["blend", "--adapter", plain, "--weight", "1.5", "--output", "out"]
    },
    BadInput("blend with a weight file of unknown modules", 65, "weights.json", "q_proj") {
      folder in
      try folder.write(
        "{\"weight\": 0, \"modules\": [{\"module\": \"x\", \"weight\": 1}]}", to: "weights.json")
      return ["blend", "--adapter", plain, "--weights", "weights.json", "--output", "out"]
    },
    BadInput("safe-lora without a change by alignment", 65, "changed nothing", "that was aligned") {
      _ in
      [
        "safe-lora", "--base", TinyModel.tied, "--aligned", TinyModel.tied, "--adapter", plain,
        "--output", "out", "--number", "2",
      ]
    },
    BadInput("safe-lora with an adapter of another model", 65, "adapter of another model?") { _ in
      [
        "safe-lora", "--base", TinyModel.qwen2, "--aligned", TinyModel.qwen2, "--adapter", plain,
        "--output", "out",
      ]
    },
    BadInput("inspect of an adapter against another model", 65, "adapter of another model?") { _ in
      ["inspect", plain, "--model", TinyModel.qwen2]
    },
  ]
}

extension TestFolder {
  /// Copies a golden adapter as `adapter`, with its configuration's text changed.
  func copyAdapter(_ change: (String) -> String = { $0 }) throws {
    let source = URL(fileURLWithPath: Goldens.path("adapters/plain"))
    let configuration = try String(
      contentsOf: source.appendingPathComponent("adapter_config.json"), encoding: .utf8)
    try write(change(configuration), to: "adapter/adapter_config.json")
    let name = "adapter_model.safetensors"
    try write(
      Array(try Data(contentsOf: source.appendingPathComponent(name))), to: "adapter/\(name)")
  }
}
