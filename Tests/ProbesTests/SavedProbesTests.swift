import Activations
import Foundation
import Inference
import Kernels
import ModelFiles
import Probes
import Testing

@Suite("Saved probes")
struct SavedProbesTests {
  static let toy = RunProbesTests.planted(shift: 2, rows: 120, width: 9, layers: 2)

  static func saved<Value>(
    _ body: (_ path: String, _ run: ProbeRun) throws -> Value
  ) throws -> Value {
    let run = try runProbes(toy.dataset, options: ProbeOptions(seed: 5, draws: 50), threads: 1)
    return try withTemporaryFolder { folder in
      let path = folder + "/probes.safetensors"
      try run.save(from: .example, to: path, overwriting: false)
      return try body(path, run)
    }
  }

  @Test("score raw vectors as the fitted probes do")
  func roundTrip() throws {
    try Self.saved { path, run in
      let saved = try SavedProbes(path: path)
      #expect(saved.origin.encoding == ProbeOrigin.example.encoding)
      #expect(saved.origin.precision == .bf16)
      #expect(saved.probes.count == 6)
      for fitted in run.probes {
        let name =
          fitted.cell.name + (fitted.kind == .logistic ? "" : ".\(fitted.kind.rawValue)")
        let probe = try saved.probe(name)
        #expect(probe.cell == fitted.cell)
        #expect(probe.penalty == fitted.penalty)
        #expect(probe.outOfFoldAuroc == fitted.outOfFoldAuroc)
        let vectors = try #require(Self.toy.values[fitted.cell.name])
        let scores = try probe.scores(vectors, capturedAt: fitted.cell)
        let size = scores.map(abs).max() ?? 0
        for (row, score) in scores.enumerated() {
          let exact = fitted.probe.score(vectors[row * 9..<(row + 1) * 9])
          expectClose(score, exact, within: Tolerance.singlePrecision, scale: size)
        }
      }
    }
  }

  @Test("say what they are in plain safetensors metadata")
  func metadata() throws {
    try Self.saved { path, _ in
      let file = try SafetensorsFile(path: path)
      #expect(file.tensors.contains { $0.name == "resid_post.layer_01.last.weight" })
      #expect(file.tensors.contains { $0.name == "resid_post.layer_01.last.mass_mean.bias" })
      for (key, value) in [
        ("format", "plumbline-probes"), ("model", "model digest"), ("template", "template digest"),
        ("identity", "identity digest"), ("label_1", "harmful"), ("seed", "5"), ("rows", "120"),
        ("operation", "score"), ("scaler", "folded_in"), ("tokenizer", "tokenizer digest"),
      ] {
        #expect(file.metadata[ByteString(key)]?.string == value)
      }
      let described = try #require(file.metadata["resid_post.layer_01.last"])
      let object = try #require(try JSONValue.parse(described.bytes).asObject)
      #expect(object["site"] == "resid_post")
      #expect(object["layer"]?.asInt == 1)
      #expect(object["auroc"]?.asDouble != nil)
      #expect(object["penalty"]?.asDouble != nil)
      #expect(object["operation"] == "score")
      #expect(object["width"]?.asInt == 9)
      #expect(object["scaler"] == "folded_in")
      #expect(object["unit"] == "log-odds of label_1")
      #expect(object["unit_of_weight"] == "log_odds_per_activation")
      let means = try #require(file.metadata["resid_post.layer_01.last.mass_mean"])
      #expect(try JSONValue.parse(means.bytes).asObject?["unit_of_weight"] == "activation")
    }
  }

  @Test("become vectors that carry their site, space and sign")
  func vectors() throws {
    try Self.saved { path, _ in
      let saved = try SavedProbes(path: path)
      let best = try saved.best(among: [.massMean])
      #expect(best.kind == .massMean)
      let vector = try saved.vector(of: best, for: .add, scale: -2)
      #expect(vector.values == best.probe.weights.map { Float(-2 * $0) })
      #expect(vector.meaning.operation == .add && vector.meaning.unit == .activation)
      #expect(vector.meaning.site == HookSite(.residPost, layer: best.cell.layer))
      #expect(vector.meaning.positive == "harmful" && vector.meaning.position == "last")
      #expect(vector.meaning.source == best.name)
      #expect(vector.space.model == "model digest" && vector.space.adapter == "adapter digest")
      let logistic = try saved.vector(of: saved.probe("resid_post.layer_00.last"), for: .projectOut)
      #expect(logistic.meaning.unit == .logOdds)
      let none = #expect(throws: ProbeError.self) {
        try saved.vector(of: best, for: .add, scale: 1e300)
      }
      #expect(none?.kind == .badInput)
      #expect(throws: ProbeError.self) { try saved.best(among: [.massMean]) { _ in false } }
    }
  }

  @Test("refuse another model, adapter, template or place")
  func mismatches() throws {
    try Self.saved { path, _ in
      let saved = try SavedProbes(path: path)
      try saved.demand(
        model: "model digest", adapter: "adapter digest", template: "template digest")
      func refusal(
        model: String = "model digest", adapter: String? = "adapter digest",
        template: String? = "template digest"
      ) throws -> ProbeError? {
        #expect(throws: ProbeError.self) {
          try saved.demand(model: model, adapter: adapter, template: template)
        }
      }
      for error in [
        try refusal(model: "other"), try refusal(adapter: nil), try refusal(template: "other"),
      ] {
        #expect(error?.kind == .mismatch)
      }
      let probe = try saved.probe("resid_post.layer_00.last")
      for place in [
        ProbeCell(site: "attn_out", layer: 0, position: "last", width: 9),
        ProbeCell(site: "resid_post", layer: 1, position: "last", width: 9),
        ProbeCell(site: "resid_post", layer: 0, position: "mean", width: 9),
        ProbeCell(site: "resid_post", layer: 0, position: "last", width: 3),
      ] {
        let error = #expect(throws: ProbeError.self) {
          try probe.scores([Float](repeating: 0, count: 9), capturedAt: place)
        }
        #expect(error?.kind == .mismatch)
      }
      let missing = #expect(throws: ProbeError.self) { try saved.probe("resid_post.layer_09.last") }
      #expect(missing?.kind == .usage)
    }
  }

  @Test("are the same bytes for the same run")
  func deterministic() throws {
    let one = try Self.saved { path, _ in try Data(contentsOf: URL(filePath: path)) }
    let other = try Self.saved { path, _ in try Data(contentsOf: URL(filePath: path)) }
    #expect(one == other)
  }

  /// A file with one tensor pair and metadata of its own, as a stranger could write it.
  static func problem(
    metadata: [String: String], weight: [Float] = [1, 2], bias: [Float] = [0], extra: Bool = false
  ) throws -> String? {
    try withTemporaryFolder { folder in
      let path = folder + "/strange.safetensors"
      var writer = SafetensorsWriter(metadata: metadata)
      writer.add("a.last.weight", shape: [weight.count], values: weight)
      writer.add("a.last.bias", shape: [bias.count], values: bias)
      if extra { writer.add("stray", shape: [1], values: [0]) }
      try writer.write(to: path)
      do {
        _ = try SavedProbes(path: path)
        return nil
      } catch let error as ProbeError {
        guard case .probeFile(_, let problem) = error else { return "another error: \(error)" }
        return problem
      }
    }
  }

  @Test("refuse files that are not what they should be")
  func strangers() throws {
    var good = [
      "format": "plumbline-probes", "schema": "1", "model": "m", "tokenizer": "t", "prompts": "p",
      "identity": "i", "precision": "f32", "stored_type": "f32", "label_column": "label",
      "label_1": "1", "label_0": "0", "raw": "false", "parse_special": "false",
      "generation_prompt": "true",
      "a.last": #"{"site":"a","layer":null,"position":"last","kind":"logistic"}"#,
    ]
    #expect(try Self.problem(metadata: good) == nil)
    #expect(try Self.problem(metadata: [:]) == "its format is not named, not plumbline-probes")
    #expect(
      try Self.problem(metadata: good, bias: [0, 1])
        == "a.last.weight is not a vector of F32 with one bias beside it")
    #expect(
      try Self.problem(metadata: good, weight: [.infinity])
        == "a.last.weight or its bias holds a value that is not finite")
    #expect(
      try Self.problem(metadata: good, extra: true) == "it has 3 tensors, but 1 weights")
    for wrong in [
      #"{"site":"b","layer":null,"position":"last","kind":"logistic"}"#,
      #"{"site":"a","layer":-1,"position":"last","kind":"logistic"}"#,
      #"{"site":"a","layer":null,"position":"last","kind":"forest"}"#, "no JSON",
    ] {
      good["a.last"] = wrong
      #expect(
        try Self.problem(metadata: good) == "its metadata does not describe a.last", "\(wrong)")
    }
    good["schema"] = "2"
    #expect(try Self.problem(metadata: good) == "its schema is 2; this reads 1")
    good["schema"] = "1"
    for (key, wrong) in [("precision", "f64"), ("raw", "perhaps"), ("model", nil)] {
      var strange = good
      strange[key] = wrong
      #expect(
        try Self.problem(metadata: strange)
          == "its metadata does not say what the probes were fitted on", "\(key)")
    }
  }
}
