import Inference
import Kernels
import ModelFiles
import TestSupport
import Testing

/// What gradients may and may not depend on.
@Suite("Gradient structure")
struct GradientStructureTests {
  static let models = ["llama-biased", "mistral", "qwen3"]
  private static let draw = DropoutDraw(seed: 3, step: 9)

  private func longBatch() -> LossBatch {
    randomLossBatch(lengths: [70, 1, 33, 96], vocabulary: 200, seed: 4)
  }

  @Test("depend neither on threads nor on what is computed anew", arguments: models)
  func bitIdentical(model: String) throws {
    let fixture = try GradientFixture(model)
    let batch = longBatch()
    for scope in ["adapters", "weights"] {
      var first: [String: [Float]]?
      for (limit, threads) in [(Int.max, 1), (Int.max, 2), (0, 2), (60_000, 3)] {
        let decoder =
          scope == "adapters"
          ? try fixture.adaptedDecoder(
            activationByteLimit: limit, threads: threads, dropout: 0.25)
          : try fixture.decoder(.weights(nil), activationByteLimit: limit, threads: threads)
        try decoder.differentiate(batch, dropout: Self.draw)
        let found = decoder.gradients
        #expect(found.values.contains { $0.contains { $0 != 0 } })
        #expect(first == nil || first == found, "\(scope), limit \(limit), \(threads) threads")
        first = found
      }
    }
  }

  @Test("of rounded products do not depend on what is computed anew")
  func roundedBitIdentical() throws {
    let fixture = try GradientFixture("qwen3")
    let kept = try fixture.adaptedDecoder(precision: .bf16)
    let anew = try fixture.adaptedDecoder(precision: .bf16, activationByteLimit: 0, threads: 2)
    try kept.differentiate(longBatch())
    try anew.differentiate(longBatch())
    #expect(kept.gradients == anew.gradients)
  }

  @Test("are those of weights that are not packed")
  func storedWeights() throws {
    let fixture = try GradientFixture("llama-biased")
    let packed = try fixture.adaptedDecoder()
    let stored = try fixture.adaptedDecoder(weightByteLimit: 0)
    try packed.differentiate(longBatch())
    try stored.differentiate(longBatch())
    for (name, gradient) in packed.gradients {
      expectClose(stored.gradients[name] ?? [], gradient.map(Double.init), .gradient, name)
    }
  }

  /// Sequences that begin alike, also among the targets, one of which is the beginning of another.
  private func sharedBatch() -> LossBatch {
    let whole = randomLossBatch(lengths: [60], vocabulary: 200, seed: 5)
    var batch = TokenBatch()
    var targets: [LossTarget] = []
    for (sequence, (common, length)) in [(40, 60), (25, 70), (40, 47), (40, 40), (0, 30)]
      .enumerated()
    {
      let rest = randomLossBatch(
        lengths: [length - common + 1], vocabulary: 200, seed: UInt64(sequence))
      let ids = whole.batch.tokens.prefix(common) + rest.batch.tokens.dropLast()
      let first = batch.tokens.count
      batch.append(Array(ids))
      for row in stride(from: 15 + sequence, to: length - 1, by: 2) {
        targets.append(LossTarget(row: first + row, token: ids[row + 1], sequence: sequence))
      }
    }
    return LossBatch(batch: batch, targets: targets)
  }

  @Test("of common beginnings are those of rows apart", arguments: models, ["adapters", "weights"])
  func sharedBeginnings(model: String, scope: String) throws {
    let fixture = try GradientFixture(model)
    let batch = sharedBatch()
    func decoder(_ limit: Int, _ threads: Int) throws -> TrainableDecoder {
      scope == "adapters"
        ? try fixture.adaptedDecoder(activationByteLimit: limit, threads: threads)
        : try fixture.decoder(.weights(nil), activationByteLimit: limit, threads: threads)
    }
    // Whoever looks on sees every sequence's rows.
    let apart = try decoder(.max, 2)
    let onlooker = ActivationCapture(sites: [HookSite(.embed)])
    let losses = try apart.differentiate(batch, hooks: [onlooker]).targetLosses
    var first: [String: [Float]]?
    for (limit, threads) in [(Int.max, 1), (Int.max, 2), (0, 2), (60_000, 3)] {
      let shared = try decoder(limit, threads)
      let found = try shared.differentiate(batch).targetLosses
      expectClose(found.map(Float.init), losses, .decoder)
      #expect(try shared.losses(batch, hooks: shared.table()) == found)
      let gradients = shared.gradients
      #expect(first == nil || first == gradients, "limit \(limit), \(threads) threads")
      first = gradients
    }
    for (name, values) in apart.gradients {
      let error = relativeRMS(first?[name] ?? [], values)
      #expect(error <= Tolerance.gradient.share, "\(name) departs by \(error)")
    }
  }

  @Test("of a batch are the sums of its sequences'", arguments: models)
  func packing(model: String) throws {
    let fixture = try GradientFixture(model)
    let decoder = try fixture.decoder(.weights(nil))
    let sum: LossObjective = { ($0.reduce(0, +), Array(repeating: 1, count: $0.count)) }
    try decoder.differentiate(longBatch(), objective: sum)
    let together = decoder.gradients
    decoder.clearGradients()
    let whole = longBatch()
    for (index, sequence) in whole.batch.sequences.enumerated() {
      var batch = TokenBatch()
      batch.append(Array(whole.batch.tokens[sequence.rows]))
      let targets = whole.targets.filter { $0.sequence == index }.map {
        LossTarget(row: $0.row - sequence.rows.lowerBound, token: $0.token, sequence: 0)
      }
      try decoder.differentiate(LossBatch(batch: batch, targets: targets), objective: sum)
    }
    for (name, values) in decoder.gradients {
      let error = relativeRMS(values, together[name] ?? [])
      #expect(error <= Tolerance.gradient.share, "\(name)")
    }
  }

  @Test("of some modules are those of all, and go no deeper than these need")
  func subsets() throws {
    let fixture = try GradientFixture("qwen3")
    let all = try fixture.decoder(.weights(nil))
    try all.differentiate(fixture.batch)
    let expected = all.gradients
    let modules: [WeightModule] = [
      .downProjection, .upProjection, .postAttentionLayerNorm, .outputProjection, .valueProjection,
      .queryNorm, .inputLayerNorm,
    ]
    for module in modules {
      for layer in 0..<2 {
        let decoder = try fixture.decoder(.weights([ModulePlace(module, layer: layer)]))
        try decoder.differentiate(fixture.batch)
        #expect(decoder.tensors.count == 1)
        for (name, values) in decoder.gradients { #expect(values == expected[name], "\(name)") }
      }
    }
    for module in [WeightModule.norm, .head, .embedTokens] {
      let decoder = try fixture.decoder(.weights([ModulePlace(module)]))
      try decoder.differentiate(fixture.batch)
      for (name, values) in decoder.gradients { #expect(values == expected[name], "\(name)") }
    }
  }

  @Test("at sites stop below the lowest layer wanted")
  func lowestLayer() throws {
    let fixture = try GradientFixture("llama-tied")
    let decoder = try fixture.decoder(.weights(nil))
    let sites = (0..<2).map { HookSite(.residPost, layer: $0) } + [HookSite(.embed)]
    let all = ActivationCapture(sites: sites)
    let some = ActivationCapture(sites: sites)
    try decoder.differentiate(fixture.batch, gradientHooks: [all], includesTensors: false)
    try decoder.differentiate(
      fixture.batch, gradientHooks: [some], includesTensors: false, lowestLayer: 1)
    #expect(some[sites[0]].isEmpty && some[sites[2]].isEmpty)
    #expect(!some[sites[1]].isEmpty && some[sites[1]] == all[sites[1]])
    #expect(!all[sites[0]].isEmpty && !all[sites[2]].isEmpty)
  }

  @Test("add up over passes")
  func accumulation() throws {
    let fixture = try GradientFixture("llama-tied")
    let decoder = try fixture.adaptedDecoder()
    try decoder.differentiate(fixture.batch)
    let once = decoder.gradients
    try decoder.differentiate(fixture.batch)
    for (name, values) in decoder.gradients {
      expectClose(values, (once[name] ?? []).map { 2 * Double($0) }, .kernel, name)
    }
  }

  @Test("follow changed values", arguments: [Precision.f32, .bf16])
  func changedValues(precision: Precision) throws {
    let fixture = try GradientFixture("llama-biased")
    let decoder = try fixture.decoder(.weights(nil), precision: precision)
    let before = try decoder.losses(fixture.batch, hooks: decoder.table())
    try decoder.differentiate(fixture.batch)
    var squares = 0.0
    for tensor in decoder.tensors {
      let gradient = tensor.gradient.values
      squares += gradient.reduce(0) { $0 + Double($1) * Double($1) }
      tensor.values = FloatMatrix(
        zip(tensor.values.values, gradient).map { $0 - 1e-3 * $1 }, width: tensor.values.width)
    }
    try decoder.valuesChanged()
    let after = try decoder.losses(fixture.batch, hooks: decoder.table())
    let fall = meanLoss(before).loss - meanLoss(after).loss
    // The slope along the gradient, and what curvature and rounding leave of it.
    #expect(fall > 0.5e-3 * squares && fall < 1.5e-3 * squares)
  }
}
