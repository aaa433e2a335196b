import Inference
import Kernels
import ModelFiles
import TestSupport
import Testing
import Tokenization

/// The weights of a checkpoint, those of some names multiplied.
private struct MultipliedWeights: WeightSource {
  let checkpoint: Checkpoint
  let factor: Float
  let isMultiplied: @Sendable (String) -> Bool

  func shape(of name: String) -> [Int] { checkpoint.shape(of: name) }

  func read(_ name: String, into values: inout MutableSpan<Float>) throws(ModelFileError) {
    try checkpoint.read(name, into: &values)
    multiply(name, &values)
  }

  func read(
    _ name: String, row: Int, into values: inout MutableSpan<Float>
  ) throws(ModelFileError) {
    try checkpoint.read(name, row: row, into: &values)
    multiply(name, &values)
  }

  func announce(_ name: String) {}
  func release(_ name: String) {}

  private func multiply(_ name: String, _ values: inout MutableSpan<Float>) {
    if isMultiplied(name) { for index in values.indices { values[index] *= factor } }
  }
}

@Suite("Scaled blocks")
struct BlockScalingTests {
  private static let tokens: [Int32] = [1, 7, 33, 90, 12, 12, 150, 4]
  private static let alpha: Float = 1.15

  private func checkpoint(_ model: String) throws -> Checkpoint {
    try Checkpoint(path: Goldens.path("models/\(model)"))
  }

  private func decoder(_ model: String, keptLayers: Int? = nil) throws -> Decoder {
    try Decoder(checkpoint(model), keptLayers: keptLayers, threads: 2)
  }

  /// A decoder that was loaded from weights multiplied before.
  private func loaded(
    _ model: String, _ isMultiplied: @escaping @Sendable (String) -> Bool
  ) throws -> Decoder {
    let checkpoint = try checkpoint(model)
    return try Decoder(
      DecoderDescription(checkpoint.configuration),
      source: MultipliedWeights(
        checkpoint: checkpoint, factor: Self.alpha, isMultiplied: isMultiplied),
      includingHead: true, precision: .f32, keptLayers: nil, threads: 2)
  }

  private func scaling(
    _ range: LayerRange, _ factor: Float = alpha,
    _ modules: Set<WeightModule> = BlockScaling.matrices
  ) -> BlockScaling {
    BlockScaling(layers: range, factor: factor, modules: modules)
  }

  @Test("of a factor of 1, or none, have the same bits", arguments: ["llama-tied", "qwen3"])
  func neutral(model: String) throws {
    let decoder = try decoder(model)
    let expected = try logits(of: decoder, Self.tokens)
    for range in [
      LayerRange(first: 0, last: 0), .init(first: 0, last: 1), .init(first: 1, last: 1),
    ] {
      #expect(try logits(of: decoder.scaled(by: scaling(range, 1)), Self.tokens) == expected)
    }
    for empty in [LayerRange.none, LayerRange(first: 1, last: 0)] {
      #expect(try logits(of: decoder.scaled(by: scaling(empty)), Self.tokens) == expected)
    }
  }

  @Test(
    "compute what multiplied weights compute, biases left alone",
    arguments: ["llama-tied", "llama-biased", "mistral", "qwen2"])
  func multipliedWeights(model: String) throws {
    let decoder = try decoder(model)
    let before = try logits(of: decoder, Self.tokens)
    for (range, leavesOutput) in [
      (LayerRange(first: 0, last: 1), false), (LayerRange(first: 1, last: 1), true),
    ] {
      let modules =
        leavesOutput
        ? BlockScaling.matrices.subtracting([.outputProjection]) : BlockScaling.matrices
      let names = (range.first...range.last).flatMap { layer in
        modules.map { "\($0.path(layer: layer)).weight" }
      }
      let expected = try logits(of: loaded(model) { names.contains($0) }, Self.tokens)
      let found = try logits(
        of: decoder.scaled(by: scaling(range, Self.alpha, modules)), Self.tokens)
      expectClose(found, expected, .matrix, "\(model), blocks \(range)")
      #expect(relativeRMS(found, before) > 0.01, "scaling changed nothing")
    }
    #expect(try logits(of: decoder, Self.tokens) == before, "the model itself was changed")
  }

  @Test("read when they are needed have the same bits as those in memory")
  func streaming() throws {
    let scaling = scaling(LayerRange(first: 0, last: 1))
    #expect(
      try logits(of: decoder("llama-tied", keptLayers: 1).scaled(by: scaling), Self.tokens)
        == logits(of: decoder("llama-tied").scaled(by: scaling), Self.tokens))
  }

  /// Of matrices that act one after another the factors multiply.
  @Test("act as the square of the factor on branches and on attention scores")
  func algebra() throws {
    let decoder = try decoder("llama-tied")
    let square = Self.alpha * Self.alpha
    let range = LayerRange(first: 0, last: 1)
    let branches: [(modules: Set<WeightModule>, site: SiteKind)] = [
      ([.valueProjection, .outputProjection], .attentionOut),
      ([.upProjection, .downProjection], .mlpOut),
      ([.queryProjection, .keyProjection], .attentionScores),
    ]
    for (modules, site) in branches {
      let found = try logits(
        of: decoder.scaled(by: scaling(range, Self.alpha, modules)), Self.tokens)
      let capture = ActivationCapture(sites: [HookSite(.logits)])
      let table = HookTable(
        [Intervention(.scale(square), at: site, layers: 0...1), capture], for: decoder.description)
      var space = DecoderWorkspace(for: decoder.description)
      try decoder.forward(
        TokenBatch([TokenizedPrompt(Self.tokens)]), hooks: table, logits: .all, &space)
      expectClose(found, capture[HookSite(.logits)], .decoder, "\(site)")
      #expect(try relativeRMS(found, logits(of: decoder, Self.tokens)) > 1e-3, "\(site)")
    }
  }

  @Test("behind a norm of queries and keys are scaled after it, where weights would have no effect")
  func normedQueries() throws {
    let decoder = try decoder("qwen3")
    #expect(decoder.description.projectionsWithoutScale == [.queryProjection, .keyProjection])
    #expect(try self.decoder("qwen2").description.projectionsWithoutScale.isEmpty)
    let before = try logits(of: decoder, Self.tokens)
    let isQueryOrKey = { @Sendable (name: String) in
      name.hasSuffix("q_proj.weight") || name.hasSuffix("k_proj.weight")
    }
    let cancelled = try logits(of: loaded("qwen3", isQueryOrKey), Self.tokens)
    #expect(relativeRMS(cancelled, before) < 1e-3, "the norms do not cancel the scaling")

    let range = LayerRange(first: 0, last: 1)
    let found = try logits(
      of: decoder.scaled(by: scaling(range, Self.alpha, [.queryProjection, .keyProjection])),
      Self.tokens)
    let expected = try logits(
      of: loaded("qwen3") { $0.hasSuffix("q_norm.weight") || $0.hasSuffix("k_norm.weight") },
      Self.tokens)
    expectClose(found, expected, .matrix)
    #expect(relativeRMS(found, before) > 10 * relativeRMS(cancelled, before))
  }
}
