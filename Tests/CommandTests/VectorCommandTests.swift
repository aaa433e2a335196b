import Foundation
import ModelFiles
import Testing

@Suite("plumb vector")
struct VectorCommandTests {
  private static let probe = "resid_post.layer_01.last.mass_mean"
  private static let words = ["--prompt", "hello river", "--max-tokens", "12", "--json"]

  /// Makes a vector of the shared probes and returns its name.
  private static func make(
    _ output: String = "v.safetensors", _ operation: String = "add", _ options: [String] = [],
    in folder: TestFolder
  ) async throws -> PlumbResult {
    try await plumbSucceeds(
      [
        "vector", "--probe", try await SharedFixture.value.probes, "--name", probe, "--operation",
        operation, "--output", output,
      ] + options, in: folder)
  }

  private static func generate(_ options: [String], in folder: TestFolder) async throws
    -> PlumbResult
  {
    try await plumbSucceeds(
      ["generate", "--model", TinyModel.tied] + words + options, in: folder)
  }

  @Test("a mass-mean vector is the difference of the class means, times the scale")
  func differenceOfMeans() async throws {
    let folder = try TestFolder()
    let result = try await Self.make("v.safetensors", "add", ["--scale=-3", "--json"], in: folder)
    let summary = try #require(
      try JSONSerialization.jsonObject(with: Data(result.output)) as? [String: Any])
    #expect(
      summary.keys.sorted() == [
        "layer", "negative", "norm", "operation", "output", "position", "positive", "probe", "site",
        "unit", "width",
      ])
    #expect(summary["layer"] as? Int == 1 && summary["unit"] as? String == "activation")
    let probes = try SafetensorsParts(
      Array(try Data(contentsOf: URL(fileURLWithPath: try await SharedFixture.value.probes))))
    let vector = try SafetensorsParts(try folder.bytes("v.safetensors")).floats(of: "vector")
    #expect(vector == probes.floats(of: Self.probe + ".weight").map { -3 * $0 })
    let norm = vector.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    #expect(abs((summary["norm"] as? Double ?? 0) - norm) < 1e-6 * norm)
  }

  @Test("the default is the best mass-mean probe, and the same command gives the same bytes")
  func defaults() async throws {
    let folder = try TestFolder()
    let probes = try await SharedFixture.value.probes
    for output in ["a.safetensors", "b.safetensors"] {
      let result = try await plumbSucceeds(
        ["vector", "--probe", probes, "--operation", "project_out", "--output", output],
        in: folder)
      #expect(result.text.contains("mass_mean"))
    }
    #expect(try folder.bytes("a.safetensors") == folder.bytes("b.safetensors"))
  }

  @Test("steering takes operation, site and layer from the file")
  func steering() async throws {
    let folder = try TestFolder()
    _ = try await Self.make("v.safetensors", "add", ["--scale", "40"], in: folder)
    _ = try await Self.make("p.safetensors", "project_out", in: folder)
    let plain = try await Self.generate([], in: folder)
    let added = try await Self.generate(["--steer", "v.safetensors"], in: folder)
    #expect(added.output != plain.output)
    let asked = ["--steer", "v.safetensors", "--site", "resid_post", "--layers", "1"]
    #expect(try await Self.generate(asked, in: folder).output == added.output)
    let none = try await Self.generate(
      ["--steer", "v.safetensors", "--scale", "0"], in: folder)
    #expect(none.output == plain.output)
    let projected = try await Self.generate(["--steer", "p.safetensors"], in: folder)
    #expect(projected.output != added.output)
    // The plain tensor with every option spelled out does the same.
    let spelled = try await Self.generate(
      [
        "--steer", "q.safetensors:vector", "--project-out", "--site", "resid_post", "--layers", "1",
      ], in: try Self.withoutType("p.safetensors", as: "q.safetensors", in: folder))
    #expect(spelled.output == projected.output)
  }

  /// Copies a vector without its metadata.
  private static func withoutType(
    _ name: String, as copy: String, in folder: TestFolder
  ) throws -> TestFolder {
    let values = try SafetensorsParts(try folder.bytes(name)).floats(of: "vector")
    var writer = SafetensorsWriter()
    writer.add("vector", shape: [values.count], values: values)
    try writer.write(to: folder.path(copy), overwriting: false)
    return folder
  }

  @Test("a control vector names the architecture and its own layer, and holds the vector")
  func controlVector() async throws {
    let folder = try TestFolder()
    let model = ["--model", TinyModel.tied]
    _ = try await Self.make("v.gguf", "add", model, in: folder)
    _ = try await Self.make("v.safetensors", "add", model, in: folder)
    let bytes = try folder.bytes("v.gguf")
    let vector = try SafetensorsParts(try folder.bytes("v.safetensors")).floats(of: "vector")
    let tensor = vector.flatMap { value in
      (0..<4).map { UInt8(value.bitPattern >> (8 * $0) & 0xFF) }
    }
    #expect(bytes.firstRange(of: tensor) != nil)
    for text in ["controlvector.model_hint", "direction.1"] {
      #expect(bytes.firstRange(of: Array(text.utf8)) != nil)
    }
    #expect(bytes.firstRange(of: Array("direction.0".utf8)) == nil)
  }
}

extension BadInput {
  /// A row for `vector` with the shared probes.
  private static func vector(
    _ id: String, _ code: Int32, _ words: String..., options: [String]
  ) -> BadInput {
    BadInput(id: id, code: code, words: words) { _ in
      ["vector", "--probe", try await SharedFixture.value.probes] + options
    }
  }

  /// A row for `generate` with a vector made of the shared probes.
  private static func steer(
    _ id: String, _ code: Int32, _ words: String..., operation: String = "add",
    model: String = TinyModel.tied, options: [String] = []
  ) -> BadInput {
    BadInput(id: id, code: code, words: words) { folder in
      try await plumbSucceeds(
        [
          "vector", "--probe", try await SharedFixture.value.probes, "--operation", operation,
          "--name", "resid_post.layer_01.last.mass_mean", "--output", "v.safetensors",
        ], in: folder)
      return ["generate", "--model", model, "--prompt", "a", "--steer", "v.safetensors"] + options
    }
  }

  static let vectors: [BadInput] = [
    vector(
      "unknown operation", 64, "--operation rotate", "add", "project_out",
      options: ["--operation", "rotate", "--output", "v.safetensors"]),
    vector(
      "vector only to score with", 64, "--operation score",
      options: ["--operation", "score", "--output", "v.safetensors"]),
    vector(
      "vector of no probe", 64, "resid_mid",
      options: ["--operation", "add", "--output", "v.safetensors", "--name", "resid_mid"]),
    vector(
      "vector of another ending", 64, ".gguf",
      options: ["--operation", "add", "--output", "v.bin"]),
    vector(
      "vector times zero", 64, "--scale",
      options: ["--operation", "add", "--output", "v.safetensors", "--scale", "0"]),
    vector(
      "projection times two", 64, "--scale",
      options: ["--operation", "project_out", "--output", "v.safetensors", "--scale", "2"]),
    vector(
      "control vector without a model", 64, "--model",
      options: ["--operation", "add", "--output", "v.gguf"]),
    vector(
      "control vector that projects", 64, "project_out", "llama.cpp",
      options: ["--operation", "project_out", "--output", "v.gguf", "--model", TinyModel.tied]),
    vector(
      "control vector for block 0", 64, "block 0",
      options: [
        "--operation", "add", "--output", "v.gguf", "--model", TinyModel.tied, "--name",
        "resid_post.layer_00.last.mass_mean",
      ]),
    vector(
      "vector of another model than named", 78, "model",
      options: ["--operation", "add", "--output", "v.gguf", "--model", TinyModel.qwen2]),
    BadInput("vector of no probes", 66, "nowhere.safetensors") { _ in
      ["vector", "--probe", "nowhere.safetensors", "--operation", "add", "--output", "v.gguf"]
        + ["--model", TinyModel.tied]
    },
    BadInput("vector in place of its probes", 64, "would replace p.safetensors") { folder in
      let probes = try await SharedFixture.value.probes
      try folder.write(
        Array(try Data(contentsOf: URL(fileURLWithPath: probes))), to: "p.safetensors")
      return [
        "vector", "--probe", "p.safetensors", "--operation", "add", "--output", "p.safetensors",
        "--overwrite",
      ]
    },
    BadInput("vector in place of a file", 73, "one.safetensors", "exists") { folder in
      try folder.write("something", to: "one.safetensors")
      return [
        "vector", "--probe", try await SharedFixture.value.probes, "--operation", "add",
        "--output", "one.safetensors",
      ]
    },

    steer(
      "vector of another model", 78, "v.safetensors", "was made from model",
      model: TinyModel.path("llama-biased")),
    steer(
      "vector with another template", 78, "v.safetensors", "no chat template", options: ["--raw"]),
    steer(
      "vector at another site", 78, "resid_post", "attn_out", options: ["--site", "attn_out"]),
    steer(
      "vector to add projected out", 78, "operation add", "project_out",
      options: ["--project-out"]),
    steer(
      "projection with a strength", 64, "--scale", operation: "project_out",
      options: ["--scale", "2"]),
    steer("vector at no layer", 64, "Layer 7", options: ["--layers", "7"]),
    BadInput("probes as a vector", 78, "plumb vector", "score") { _ in
      ["generate", "--model", TinyModel.tied, "--prompt", "a", "--steer"]
        + [try await SharedFixture.value.probes + ":resid_post.layer_01.last.weight"]
    },
  ]
}
