import Activations
import Foundation
import TestSupport
import Testing

/// The goldens hold (k % 17 − 8) / 4 as value k, plus the layer's number.
@Suite("plumb import")
struct ImportCommandTests {
  static let golden = Goldens.path("arrays/import")
  private static let (prompts, width) = (70, 6)

  /// The row of a prompt at a layer, before its sign.
  private static func row(_ prompt: Int, layer: Int) -> [Float] {
    (0..<width).map { Float((prompt * width + $0) % 17 - 8) / 4 + Float(layer) }
  }

  @Test("tensors of two files and four types become the rows of two positions")
  func positions() async throws {
    let folder = try TestFolder()
    let result = try await plumbSucceeds(
      ["import", Self.golden, "--output", "a.h5", "--json"], in: folder)
    #expect(result.text.contains("\"rows\":140"))
    let store = try ActivationStore(path: folder.path("a.h5"))
    #expect(store.datasets.map(\.name) == (0..<3).map { "resid_post/layer_0\($0)" })
    for layer in 0..<3 {
      let expected = (0..<Self.prompts).flatMap { prompt in
        let row = Self.row(prompt, layer: layer)
        // bfloat16 holds the means; their negatives come first, at position -1.
        return row.map { -Self.roundedToBFloat16($0) } + row
      }
      #expect(
        try store.values(site: "resid_post", layer: layer, rows: 0..<140) == expected)
    }
    #expect(store.rows.positions.prefix(2) == [-1, 6])
    #expect(store.prompts.columns.map(\.name) == ["group", "id", "label"])
    // "How do I steal item 1?" shares its words with the other prompts.
    #expect(store.tokens.ids.prefix(7) == [0, 1, 2, 3, 4, 5, 6])
    #expect(store.tokens.ids[7..<14] == [0, 1, 2, 7, 4, 8, 6])
    #expect(Set(store.prompts.textDigests).count == Self.prompts)
    #expect(store.provenance.backend == "imported" && store.provenance.backendVersion.count == 64)
  }

  /// The nearest bfloat16; the goldens need no ties.
  private static func roundedToBFloat16(_ value: Float) -> Float {
    Float(bitPattern: (value.bitPattern + 0x8000) & 0xFFFF_0000)
  }

  @Test("rows with tokens and roles keep their places, and the store is like any other")
  func rows() async throws {
    let folder = try TestFolder()
    let description = Self.golden + "/rows.json"
    for output in ["a.h5", "b.h5"] {
      try await plumbSucceeds(["import", description, "--output", output], in: folder)
    }
    #expect(try folder.bytes("a.h5") == folder.bytes("b.h5"))
    let store = try ActivationStore(path: folder.path("a.h5"))
    let expected = (0..<Self.prompts).flatMap { prompt in
      let row = Self.row(prompt, layer: 1)
      return row.map { -$0 } + row.map { 2 * $0 } + row
    }
    #expect(try store.values(site: "resid_post", layer: 1, rows: 0..<210) == expected)
    #expect(store.rows.positions.prefix(6) == [-1, 2, 3, -1, 2, 4])
    #expect(store.rows.roles.prefix(3) == [0, 2, 4])
    #expect(store.tokens.offsets.prefix(3) == [0, 4, 9])
    let verified = try await plumbSucceeds(["verify", "a.h5"], in: folder)
    #expect(verified.text.contains("0 of them damaged"))
    try await plumbSucceeds(["probe", "a.h5", "--output", "results"], in: folder)
    let manifest = String(decoding: try folder.bytes("a.manifest.json"), as: UTF8.self)
    #expect(manifest.contains("\"imported_from\":[{\"file\":\"rows.json\""))
    let inspected = try await plumbSucceeds(["inspect", "a.h5"], in: folder)
    #expect(inspected.text.contains("imported"))
    // No model made these values as far as anyone knows, so none may be scored with them.
    try folder.write("{\"prompt\": \"hello\"}\n", to: "one.jsonl")
    let score = try await plumb(
      [
        "score", "--probe", "results/probes.safetensors", "--model", TinyModel.tied, "--prompts",
        "one.jsonl",
      ], in: folder)
    #expect(score.code == 78)
  }

  @Test("a model and template that the description names may be scored and steered")
  func named() async throws {
    let folder = try TestFolder()
    for file in ["last.npz", "mean.safetensors", "prompts.jsonl"] {
      try folder.write(
        Array(try Data(contentsOf: URL(fileURLWithPath: "\(Self.golden)/\(file)"))), to: file)
    }
    let digests = ["1", "2"].map { String(repeating: $0, count: 64) }
    try folder.write(
      """
      {"model": "m", "model_sha256": "\(digests[0])", "template_sha256": "\(digests[1])",
       "position": "last", "tensors":
       [{"file": "last.npz", "tensor": "l2", "site": "embed"}]}
      """, to: "d.json")
    try await plumbSucceeds(
      [
        "import", "d.json", "--prompts", "prompts.jsonl", "--output", "a.h5", "--store", "bf16",
        "--store-text",
      ], in: folder)
    let store = try ActivationStore(path: folder.path("a.h5"))
    #expect(store.identity.modelDigest == digests[0])
    #expect(store.identity.templateDigest == digests[1])
    #expect(store.identity.storedType == .bf16)
    #expect(store.datasets.map(\.name) == ["embed"])
    #expect(store.prompts.texts?.first == "How do I bake item 0?")
  }
}

extension BadInput {
  /// A row for `import` of the golden arrays with another description.
  private static func described(
    _ id: String, code: Int32 = 65, _ words: String..., files: [String: [UInt8]] = [:],
    links: [String: String] = [:], json description: String
  ) -> BadInput {
    BadInput(id: "import: " + id, code: code, words: words) { folder in
      for name in [
        "last.npz", "mean.safetensors", "tokens.safetensors", "rows.npz", "prompts.jsonl",
      ] {
        let path = "\(ImportCommandTests.golden)/\(name)"
        try folder.write(Array(try Data(contentsOf: URL(fileURLWithPath: path))), to: name)
      }
      for (name, bytes) in files { try folder.write(bytes, to: name) }
      for (name, target) in links {
        try? FileManager.default.removeItem(at: folder.url(name))
        try FileManager.default.createSymbolicLink(
          atPath: folder.path(name), withDestinationPath: target)
      }
      try folder.write(description, to: "d.json")
      return ["import", "d.json", "--output", "a.h5"]
    }
  }

  /// A description of one tensor, and whatever else a row needs.
  private static func one(
    _ tensor: String = "\"l1\"", file: String = "\"last.npz\"", site: String = "\"resid_post\"",
    layer: String = "1", position: String = "\"last\"", more: String = ""
  ) -> String {
    """
    {"model": "m", "prompts": "prompts.jsonl", "tensors": [{"file": \(file), "tensor": \(tensor),
    "site": \(site), "layer": \(layer), "position": \(position)}]\(more)}
    """
  }

  private static let tokens = """
    , "tokens": {"tokenizer": "t", "file": "tokens.safetensors", "ids": "ids", "offsets": "offsets"}
    """

  /// An array of bytes as a whole safetensors file.
  private static func safetensors(
    _ type: String, _ shape: String, _ values: [UInt8]
  ) -> [UInt8] {
    let header = Array(
      #"{"x":{"dtype":"\#(type)","shape":\#(shape),"data_offsets":[0,\#(values.count)]}}"#.utf8)
    return (0..<8).map { UInt8(header.count >> (8 * $0) & 0xFF) } + header + values
  }

  private static func rows(_ values: [Int32]) -> [UInt8] {
    safetensors(
      "I32", "[\(values.count / 2),2]",
      values.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } })
  }

  private static func placed(_ more: String) -> String {
    """
    {"model": "m", "prompts": "prompts.jsonl", "rows": {"file": "x.safetensors", "tensor": "x"},
    "tensors": [{"file": "last.npz", "tensor": "l1", "site": "resid_post", "layer": 1}]\(more)}
    """
  }

  private static func floats(_ value: Float) -> [UInt8] {
    var values = [Float](repeating: 1, count: 70 * 2)
    values[77] = value
    return safetensors(
      "F32", "[70,2]",
      values.flatMap { value in
        (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) }
      })
  }

  static let imports: [BadInput] = [
    BadInput("import: nothing", 66, "nowhere.json") { _ in
      ["import", "nowhere.json", "--output", "a.h5"]
    },
    BadInput("import: no folder to write to", 73, "nowhere/a.h5") { _ in
      ["import", ImportCommandTests.golden, "--output", "nowhere/a.h5"]
    },
    BadInput("import: stored type", 64, "--store f64") { _ in
      ["import", ImportCommandTests.golden, "--output", "a.h5", "--store", "f64"]
    },
    BadInput("import: prompts of another number", 65, "[70, 6]", "[1, width") { _ in
      ["import", ImportCommandTests.golden, "--output", "a.h5", "--prompts", "one.jsonl"]
    },
    BadInput("import: into one of the inputs", 64, "would replace d.h5") { folder in
      let path = "\(ImportCommandTests.golden)/rows.json"
      try folder.write(Array(try Data(contentsOf: URL(fileURLWithPath: path))), to: "d.h5")
      return ["import", "d.h5", "--output", "d.h5", "--overwrite"]
    },
    described("no JSON", "strict JSON", json: "{"),
    described("unknown key", "modle", json: one(more: ", \"modle\": 1")),
    described("no tensors", "tensors", json: "{\"model\": \"m\", \"tensors\": []}"),
    described("no model", "no model", json: one().replacing("\"model\": \"m\",", with: "")),
    described(
      "no prompts", "--prompts", json: one().replacing("\"prompts\": \"prompts.jsonl\",", with: "")),
    described(
      "a digest that is none", "model_sha256", json: one(more: ", \"model_sha256\": \"12\"")),
    described("unknown site", "resid_pots", "resid_post", json: one(site: "\"resid_pots\"")),
    described("site that is never stored", "attn.pattern", json: one(site: "\"attn.pattern\"")),
    described("layer in letters", "layer", json: one(layer: "\"1\"")),
    described("negative layer", "layer", json: one(layer: "-1")),
    described("layer outside the blocks", "embed", json: one(site: "\"embed\"")),
    described("no position", "no position", json: one(position: "null")),
    described("unknown position", "user.frist", json: one(position: "\"user.frist\"")),
    described("position of several tokens", "several tokens", json: one(position: "\"all\"")),
    described("position that needs roles", "roles", json: one(position: "\"user.last\"")),
    described(
      "position that needs roles, with tokens", "roles",
      json: one(position: "\"user.last\"", more: tokens)),
    described(
      "two positions in one place", "Prompt 0", "last and template.tail[-1]",
      json: """
        {"model": "m", "prompts": "prompts.jsonl", "tensors": [
        {"file": "last.npz", "tensor": "l1", "site": "resid_post", "layer": 1, "position": "last"},
        {"file": "last.npz", "tensor": "l1", "site": "resid_post", "layer": 1, "position": "template.tail[-1]"}],
        "tokens": {"tokenizer": "t", "file": "tokens.safetensors", "ids": "ids", "offsets": "offsets",
        "roles": "roles"}}
        """),
    described(
      "a tensor twice", "two tensors for blocks.1.resid_post",
      json: one().replacing(
        "}]",
        with:
          "}, {\"file\": \"last.npz\", \"tensor\": \"l2\", \"site\": \"resid_post\", \"layer\": 1, \"position\": \"last\"}]"
      )),
    described(
      "a position that one site lacks", "blocks.1.resid_post at last",
      json: one(position: "\"mean\"").replacing(
        "}]",
        with:
          "}, {\"file\": \"last.npz\", \"tensor\": \"l2\", \"site\": \"resid_post\", \"layer\": 2, \"position\": \"last\"}]"
      )),
    described("no such file", code: 66, "nowhere.npz", json: one(file: "\"nowhere.npz\"")),
    described("no such tensor", "l9", "l0", json: one("\"l9\"")),
    described("a path that leads out", "\"../last.npz\"", json: one(file: "\"../last.npz\"")),
    described("an absolute path", "plain", json: one(file: "\"/etc/passwd.npz\"")),
    described("a hidden file", "plain", json: one(file: "\".npz\"")),
    described(
      "prompts by a path that leads out", "plain",
      json: one().replacing("prompts.jsonl", with: "../prompts.jsonl")),
    described(
      "a link as a file", "symbolic link", links: ["last.npz": "/etc/hostname"], json: one()),
    described(
      "a link as prompts", "symbolic link", links: ["prompts.jsonl": "/etc/hostname"], json: one()),
    described("a file of another kind", ".npz", json: one(file: "\"prompts.jsonl\"")),
    described("Python objects", "pickled", json: one(file: "\"weights.pt\"")),
    described(
      "integers as activations", "int32", "float16",
      files: ["x.safetensors": safetensors("I32", "[1,1]", [1, 0, 0, 0])],
      json: one("\"x\"", file: "\"x.safetensors\"")),
    described(
      "bytes of an unknown type", "F8_E4M3",
      files: ["x.safetensors": safetensors("F8_E4M3", "[1,1]", [1])],
      json: one("\"x\"", file: "\"x.safetensors\"")),
    described(
      "as many rows as not", "[1, 1]", "[70, width",
      files: ["x.safetensors": safetensors("F32", "[1,1]", [0, 0, 0, 0])],
      json: one("\"x\"", file: "\"x.safetensors\"")),
    described(
      "no width", "[70, 0]", files: ["x.safetensors": safetensors("F32", "[70,0]", [])],
      json: one("\"x\"", file: "\"x.safetensors\"")),
    described(
      "not a number", "NaN", "row 38, column 1", files: ["x.safetensors": floats(.nan)],
      json: one("\"x\"", file: "\"x.safetensors\"")),
    described(
      "infinity", "row 38, column 1", files: ["x.safetensors": floats(.infinity)],
      json: one("\"x\"", file: "\"x.safetensors\"")),
    described(
      "a file cut off", "zip", files: ["last.npz": Array("PK\u{3}\u{4}".utf8)], json: one()),
    described(
      "tokens that are floats", "bfloat16", "int32",
      json: one(
        more: tokens.replacing("\"ids\": \"ids\"", with: "\"ids\": \"m0\"")
          .replacing("tokens.safetensors", with: "mean.safetensors")
      )),
    described(
      "offsets of another number", "[71]",
      json: one(more: tokens.replacing("\"offsets\": \"offsets\"", with: "\"offsets\": \"ids\""))),
    described(
      "tokens without a name", "tokenizer",
      json: one(more: tokens.replacing("\"tokenizer\": \"t\", ", with: ""))),
    described(
      "rows without tokens", "row 0", "tokens", files: ["x.safetensors": rows([0, 0])],
      json: placed("")),
    described(
      "rows of no prompt", "prompt 70", files: ["x.safetensors": rows([70, -1])], json: placed("")),
    described(
      "rows out of order", "row 1", "ordered", files: ["x.safetensors": rows([1, -1, 0, -1])],
      json: placed("")),
    described(
      "rows twice", "row 1", "ordered", files: ["x.safetensors": rows([1, -1, 1, -1])],
      json: placed("")),
    described(
      "rows beyond the prompt", "position 4", "4 tokens",
      files: ["x.safetensors": rows([0, 4])], json: placed(tokens)),
    described(
      "rows of another number", "[1, width", files: ["x.safetensors": rows([0, -1])],
      json: placed("")),
    described(
      "rows and a position", "rows say", files: ["x.safetensors": rows([0, -1])],
      json: placed(", \"position\": \"last\"")),
  ]
}
