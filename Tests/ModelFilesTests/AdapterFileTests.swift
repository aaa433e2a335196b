import Foundation
import ModelFiles
import TestSupport
import Testing

@Suite("Adapter folders")
struct AdapterFileTests {
  private static let golden = ["plain", "patterned", "stabilized", "head-bf16", "one-layer-f16"]

  @Test("PEFT's folders are read", arguments: golden)
  func reads(name: String) throws {
    let adapter = try AdapterFile(path: Goldens.path("adapters/\(name)")).adapter()
    #expect(!adapter.modules.isEmpty)
    #expect(adapter.baseDigest == nil)
    for module in adapter.modules {
      #expect(module.rank == adapter.configuration.rank(of: module.path))
      #expect(module.up.contains { $0 != 0 })
    }
  }

  @Test("rank, alpha and scaling follow the first pattern that matches")
  func patterns() throws {
    let configuration = try AdapterFile(path: Goldens.path("adapters/patterned")).configuration
    #expect(configuration.rank(of: "model.layers.0.self_attn.q_proj") == 2)
    #expect(configuration.scaling(of: "model.layers.0.self_attn.q_proj") == 3)
    #expect(configuration.rank(of: "model.layers.1.mlp.down_proj") == 6)
    #expect(configuration.rank(of: "model.layers.0.mlp.down_proj") == 4)
    #expect(configuration.scaling(of: "model.layers.0.self_attn.o_proj") == 0.75)
    #expect(configuration.scaling(of: "model.layers.1.self_attn.o_proj") == 1.5)
    #expect(configuration.scaling(of: "model.layers.1.mlp.up_proj") == 4)
    let stabilized = try AdapterFile(path: Goldens.path("adapters/stabilized")).configuration
    #expect(stabilized.scaling(of: "anything") == 8 / 8.0.squareRoot())
  }

  @Test(
    "a folder that is written reads back the same, with the same bytes each time", arguments: golden
  )
  func roundTrip(name: String) throws {
    let folder = try TemporaryFolder()
    var adapter = try AdapterFile(path: Goldens.path("adapters/\(name)")).adapter()
    adapter.baseDigest = String(repeating: "a", count: 64)
    try adapter.write(to: folder.path + "/first", origin: "A test.")
    try adapter.write(to: folder.path + "/second/", origin: "A test.")
    let read = try AdapterFile(path: folder.path + "/first").adapter()
    #expect(read == adapter)
    #expect(read.digest() == adapter.digest())
    for file in ["adapter_config.json", "adapter_model.safetensors", "README.md"] {
      #expect(try folder.bytes("first/\(file)") == folder.bytes("second/\(file)"))
    }
    #expect(try folder.names == ["first", "second"], "no part of the work is left")
  }

  @Test("a layer is a number that a model can have")
  func layers() {
    let numbers = ["0", "12", "1023", "1024", "-1", "9223372036854775807", "99999999999999999999"]
    #expect(
      numbers.map { "model.layers.\($0).mlp.up_proj".layerOfModulePath }
        == [0, 12, 1023, nil, nil, nil, nil])
    #expect("lm_head".layerOfModulePath == nil && "model.layers".layerOfModulePath == nil)
  }

  @Test("a folder that is there is not replaced")
  func replacesNothing() throws {
    let folder = try TemporaryFolder()
    let adapter = try AdapterFile(path: Goldens.path("adapters/plain")).adapter()
    try adapter.write(to: folder.path + "/a", origin: "A test.")
    let found = failure { try adapter.write(to: folder.path + "/a", origin: "A test.") }
    #expect(found == .folderExists(path: folder.path + "/a"))
    #expect(try folder.names == ["a"])
  }

  @Test("the digest is that of what is added, whatever else a folder says")
  func digest() throws {
    let adapter = try AdapterFile(path: Goldens.path("adapters/plain")).adapter()
    var renamed = adapter
    renamed.configuration.baseModel = "another"
    renamed.configuration.dropout = 0.5
    #expect(renamed.digest() == adapter.digest())
    #expect(adapter.scaled(by: 0.5).digest() == adapter.digest(weight: 0.5))
    #expect(adapter.digest(weight: 0.5) != adapter.digest())
  }

  /// A change to an adapter's configuration, and what the sentence has to say.
  struct Fault: Sendable, CustomTestStringConvertible {
    let key: String
    let value: String
    let words: [String]
    var testDescription: String { "\(key): \(value)" }

    init(_ key: String, _ value: String, _ words: String...) {
      self.key = key
      self.value = value
      self.words = words
    }
  }

  private static let faults = [
    Fault("r", "0", "r is 0", "from 1 to 4096"), Fault("r", "4.0", "r is 4.0"),
    Fault("r", "null", "no r"), Fault("r", "5000", "r is 5000"),
    Fault("lora_alpha", "1e9", "lora_alpha", "1e6"), Fault("lora_alpha", "\"8\"", "a string"),
    Fault("lora_alpha", "1e999", "finite"), Fault("peft_type", "\"IA3\"", "IA3", "LORA"),
    Fault("peft_type", "null", "no peft_type"), Fault("bias", "\"all\"", "bias is all"),
    Fault("use_dora", "true", "use_dora is true"), Fault("lora_bias", "true", "lora_bias"),
    Fault("fan_in_fan_out", "true", "fan_in_fan_out"),
    Fault("modules_to_save", "[\"lm_head\"]", "modules_to_save", "lm_head"),
    Fault("trainable_token_indices", "[1]", "trainable_token_indices"),
    Fault("layer_replication", "[[0, 1]]", "layer_replication"),
    Fault("target_parameters", "[\"x\"]", "target_parameters"),
    Fault("init_lora_weights", "\"pissa\"", "pissa", "leave the base model"),
    Fault("something_new", "3", "something_new is 3"),
    Fault("target_modules", "[]", "empty array"), Fault("target_modules", "[7]", "a number"),
    Fault("target_modules", "null", "no target_modules"),
    Fault("rank_pattern", "{\"q.*_proj\": 2}", "regular expression", "q.*_proj"),
    Fault("rank_pattern", "{\"q_proj\": 0}", "q_proj is 0"),
    Fault("rank_pattern", "[]", "an array"), Fault("lora_dropout", "1", "lora_dropout"),
    Fault("layers_to_transform", "[\"a\"]", "layers_to_transform"),
  ]

  @Test("a configuration that is not understood is refused with a sentence", arguments: faults)
  func configurationFaults(fault: Fault) throws {
    let folder = try Self.copy { text in
      let object = try #require(
        try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
      let others = object.keys.filter { $0 != fault.key }.sorted().map { key in
        let value = object[key].flatMap {
          try? JSONSerialization.data(withJSONObject: $0, options: .fragmentsAllowed)
        }
        return "\"\(key)\": \(value.map { String(decoding: $0, as: UTF8.self) } ?? "null")"
      }
      return "{" + (others + ["\"\(fault.key)\": \(fault.value)"]).joined(separator: ", ") + "}"
    }
    let found = failure { try AdapterFile(path: folder.path) }
    let sentence = try #require(found).description
    #expect(found?.kind == .badInput)
    for word in fault.words + ["adapter_config.json", "adapter that can be applied"] {
      #expect(sentence.contains(word), "\(sentence)")
    }
  }

  @Test("keys that change nothing are passed over")
  func neutralKeys() throws {
    let folder = try Self.copy { text in
      text.replacingOccurrences(
        of: "\"bias\"",
        with:
          "\"a\": null, \"b\": false, \"c\": [], \"d\": {}, \"runtime_config\": {\"x\": 1}, \"bias\""
      )
    }
    #expect(try AdapterFile(path: folder.path).modules.count == 4)
  }

  /// The golden `plain` with its configuration's text changed.
  private static func copy(_ change: (String) throws -> String) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try folder.copyGolden(
      "adapters/plain/adapter_model.safetensors", to: "adapter_model.safetensors")
    try folder.write(
      change(Golden.text("adapters/plain/adapter_config.json")), to: "adapter_config.json")
    return folder
  }

  @Test("what is wrong with the tensors is told together")
  func tensorFaults() throws {
    let path = "base_model.model.model.layers.0.self_attn."
    let folder = try Self.copy { $0 }
    try FileManager.default.removeItem(atPath: folder.path + "/adapter_model.safetensors")
    var writer = SafetensorsWriter()
    writer.add(
      "\(path)q_proj.lora_A.weight", shape: [4, 3], values: Array(repeating: 1, count: 12))
    writer.add("\(path)v_proj.lora_A.weight", shape: [2, 3], values: Array(repeating: 1, count: 6))
    writer.add(
      "\(path)v_proj.lora_B.default.weight", shape: [3, 4], values: Array(repeating: 1, count: 12))
    writer.add("\(path)k_proj.weight", shape: [1], values: [1])
    try writer.write(to: folder.path + "/adapter_model.safetensors")
    let sentence = try #require(failure { try AdapterFile(path: folder.path) }).description
    for word in [
      "missing: \(path)q_proj.lora_B.weight", "without use: \(path)k_proj.weight",
      "\(path)v_proj.lora_A.weight in adapter_model.safetensors is [2, 3]", "implies [4, 3]",
      "r is 4",
    ] { #expect(sentence.contains(word), "\(sentence)") }
    #expect(!sentence.contains("lora_B.default"), "the name of an adapter may stand there")
  }

  @Test(
    "values that are not finite are refused with their place", arguments: [Float.nan, .infinity])
  func notFinite(value: Float) throws {
    let folder = try TemporaryFolder()
    var adapter = try AdapterFile(path: Goldens.path("adapters/plain")).adapter()
    let bad = adapter.modules[1].path
    adapter = adapter.replacingUp { module in
      var up = module.up
      if module.path == bad { up[5] = value }
      return up
    }
    try adapter.write(to: folder.path + "/a", origin: "A test.")
    let sentence = try #require(
      failure { try AdapterFile(path: folder.path + "/a").adapter() }
    ).description
    #expect(sentence.contains("\(bad).lora_B.weight") && sentence.contains("[1, 1]"), "\(sentence)")
  }

  @Test("folders that are no adapters are told apart")
  func otherFolders() throws {
    let folder = try TemporaryFolder()
    func sentence(_ path: String) -> String {
      failure { try AdapterFile(path: path) }?.description ?? "read"
    }
    #expect(sentence(folder.path + "/nowhere").contains("does not exist"))
    #expect(sentence(folder.path).contains("no adapter_config.json"))
    #expect(sentence(Goldens.path("models/qwen2")).contains("is a model and no adapter"))
    try folder.copyGolden("adapters/plain/adapter_config.json", to: "adapter_config.json")
    #expect(sentence(folder.path).contains("no adapter_model.safetensors"))
    try folder.write("not read", to: "adapter_model.bin")
    #expect(sentence(folder.path).contains("load it with PEFT"))
  }
}
