import Foundation
import Inference
import ModelFiles
import TestSupport
import Testing

@Suite("Typed vectors")
struct TypedVectorTests {
  private static let space = TypedVector.Space(
    model: "m1", adapter: "a1", template: "t1", tokenizer: "k1")

  private static func vector(
    _ operation: TypedVector.Operation = .add, at site: HookSite = HookSite(.residPost, layer: 2),
    width: Int = 36, in space: TypedVector.Space = space
  ) -> TypedVector {
    TypedVector(
      randomValues(width, seed: 3),
      TypedVector.Meaning(
        operation: operation, site: site, position: "last", positive: "harmful",
        negative: "harmless", unit: .activation, source: "a probe"),
      in: space)
  }

  private static func withFolder<Value>(_ body: (String) throws -> Value) throws -> Value {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "vector-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder.path(percentEncoded: false))
  }

  private static func error<Value>(_ body: () throws -> Value) -> InferenceError? {
    do {
      _ = try body()
      return nil
    } catch {
      return error as? InferenceError
    }
  }

  @Test("come back from their file as they went in")
  func roundTrip() throws {
    try Self.withFolder { folder in
      let none = TypedVector.Space(model: "m", adapter: nil, template: nil, tokenizer: "k")
      for (index, vector) in [
        Self.vector(), Self.vector(.projectOut, in: none), Self.vector(at: HookSite(.embed)),
      ].enumerated() {
        let path = "\(folder)/\(index).safetensors"
        try vector.write(to: path, overwriting: false)
        #expect(try TypedVector(SafetensorsFile(path: path)) == vector)
      }
    }
  }

  @Test("refuse every other use, each in its own words and as a mismatch")
  func refusals() throws {
    let vector = Self.vector()
    try vector.demand(Self.space, path: "v")
    try vector.demand(.add, path: "v")
    try vector.demand(SiteKind.residPost, path: "v")
    func other(_ change: (inout TypedVector.Space) -> Void) -> InferenceError? {
      var space = Self.space
      change(&space)
      return Self.error { try vector.demand(space, path: "v") }
    }
    let refusals = [
      other { $0.model = "m2" }, other { $0.adapter = nil }, other { $0.template = "t2" },
      other { $0.template = nil }, Self.error { try vector.demand(.projectOut, path: "v") },
      Self.error { try vector.demand(SiteKind.attentionOut, path: "v") },
      Self.error { try Self.vector(.score).demand(.add, path: "v") },
    ].compactMap(\.self)
    #expect(refusals.count == 7)
    #expect(
      refusals.allSatisfy { $0.kind == .mismatch && $0.description.hasPrefix("The vector in v ") })
    #expect(Set(refusals.map(\.description)).count == 7)
    #expect(other { $0.tokenizer = "k2" } == nil)
  }

  @Test("a file without a type is none of ours, one of probes is refused, a broken one is named")
  func files() throws {
    try Self.withFolder { folder in
      func read(
        _ change: (inout [String: String]) -> Void, values: [Float] = [1, 2],
        name: String = "vector"
      ) throws -> TypedVector? {
        var metadata = [
          "format": "plumbline-vector", "schema": "1", "operation": "add", "site": "resid_post",
          "layer": "2", "position": "last", "label_1": "1", "label_0": "0", "unit": "activation",
          "scaler": "folded_in", "model": "m", "tokenizer": "k",
        ]
        change(&metadata)
        var writer = SafetensorsWriter(metadata: metadata)
        writer.add(name, shape: [values.count], values: values)
        let path = "\(folder)/v.safetensors"
        try writer.write(to: path, overwriting: true)
        return try TypedVector(SafetensorsFile(path: path))
      }
      let sound = try read({ _ in })
      let untyped = [try read({ $0["format"] = nil }), try read({ $0["format"] = "pt" })]
      #expect(sound?.meaning.site == HookSite(.residPost, layer: 2))
      #expect(untyped == [nil, nil])
      let probes = Self.error { try read { $0["format"] = "plumbline-probes" } }
      #expect(probes?.kind == .mismatch)
      #expect(probes?.description.contains("plumb vector") == true)
      let broken: [(inout [String: String]) -> Void] = [
        { $0["schema"] = "2" }, { $0["operation"] = "rotate" }, { $0["site"] = "nowhere" },
        { $0["layer"] = nil }, { $0["layer"] = "-1" }, { $0["layer"] = "two" },
        { $0["site"] = "embed" }, { $0["unit"] = "meter" }, { $0["scaler"] = "apart" },
        { $0["model"] = nil }, { $0["label_1"] = nil },
      ]
      let errors =
        broken.map { change in Self.error { try read(change) } } + [
          Self.error { try read({ _ in }, values: [1, .nan]) },
          Self.error { try read({ _ in }, name: "other") },
        ]
      #expect(errors.allSatisfy { $0?.kind == .badInput })
    }
  }

  @Test(
    "a control vector is direction.N for resid_post of layer N, and nothing else is written as one")
  func controlVector() throws {
    let configuration = try Checkpoint(path: Goldens.path("models/llama-tied")).configuration
    try Self.withFolder { folder in
      let path = "\(folder)/v.gguf"
      func write(_ vector: TypedVector) throws {
        try vector.writeControlVector(for: configuration, to: path, overwriting: true)
      }
      let good = Self.vector(at: HookSite(.residPost, layer: 1), width: configuration.dModel)
      try write(good)
      let bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
      let header = try GGUFHeader(bytes.span)
      #expect(header.values["controlvector.model_hint"] == .string("llama"))
      #expect(header.tensors.map(\.name) == ["direction.1"])
      #expect(header.tensors.map(\.shape) == [[configuration.dModel]])
      try FileManager.default.removeItem(atPath: path)
      for (vector, word) in [
        (Self.vector(.projectOut, at: good.meaning.site), "project_out"),
        (Self.vector(at: HookSite(.attentionOut, layer: 1)), "blocks.1.attn_out"),
        (Self.vector(at: HookSite(.embed)), "embed"),
        (Self.vector(at: HookSite(.residPost, layer: 0)), "block 0"),
      ] {
        let error = Self.error { try write(vector) }
        #expect(error?.kind == .usage)
        #expect(error?.description.contains(word) == true, "\(error?.description ?? "")")
      }
      #expect(Self.error { try write(Self.vector(at: HookSite(.residPost, layer: 7))) } != nil)
      #expect(Self.error { try write(Self.vector(at: good.meaning.site, width: 35)) } != nil)
      #expect(!FileManager.default.fileExists(atPath: path))
    }
  }
}
