import Inference
import Kernels
import ModelFiles
import TestSupport
import Testing

/// A tiny model with derivatives that transformers and PEFT computed.
struct GradientFixture {
  let model: String
  let golden: GoldenTensors
  let batch: LossBatch
  let weights: [Float]

  init(_ model: String) throws {
    self.model = model
    golden = try GoldenTensors("models/\(model)/gradients.safetensors")
    var tokens = TokenBatch()
    tokens.append(try golden.integers("ids0"))
    tokens.append(try golden.integers("ids1"))
    let targets = try golden.integers("targets")
    batch = LossBatch(
      batch: tokens,
      targets: stride(from: 0, to: targets.count, by: 3).map {
        LossTarget(
          row: Int(targets[$0]), token: targets[$0 + 1], sequence: Int(targets[$0 + 2]))
      })
    weights = try golden.floats("weights")
  }

  /// The weighted sum of the golden.
  func objective(_ losses: [Double]) -> (loss: Double, slopes: [Float]) {
    (zip(losses, weights).reduce(0) { $0 + $1.0 * Double($1.1) }, weights)
  }

  func decoder(
    _ scope: TrainingScope, precision: Precision = .f32, weightByteLimit: Int = .max,
    activationByteLimit: Int = .max, threads: Int = 1
  ) throws -> TrainableDecoder {
    try TrainableDecoder(
      Checkpoint(path: Goldens.path("models/\(model)")), scope: scope, precision: precision,
      weightByteLimit: weightByteLimit, activationByteLimit: activationByteLimit, threads: threads)
  }

  /// A decoder with the golden's adapters.
  func adaptedDecoder(
    precision: Precision = .f32, weightByteLimit: Int = .max, activationByteLimit: Int = .max,
    threads: Int = 1, dropout: Float = 0
  ) throws -> TrainableDecoder {
    let adapters = (0..<2).flatMap { layer in
      WeightModule.projections.map { module in
        let rank = module == .queryProjection ? 5 : 3
        return AdapterPlacement(
          module: module, layer: layer, rank: rank,
          scaling: AdapterPlacement.scaling(alpha: 6, rank: rank), dropout: dropout)
      }
    }
    let decoder = try decoder(
      .adapters(adapters, seed: 1), precision: precision,
      weightByteLimit: weightByteLimit, activationByteLimit: activationByteLimit, threads: threads)
    for tensor in decoder.tensors {
      tensor.values = FloatMatrix(
        try golden.floats("lora/\(tensor.name)"), width: tensor.values.width)
    }
    try decoder.valuesChanged()
    return decoder
  }
}

extension TrainableDecoder {
  /// Hooks for this model.
  func table(_ hooks: [any ActivationHook] = []) -> HookTable { HookTable(hooks, for: description) }

  /// Differentiates with some hooks and leaves gradients in the tensors.
  @discardableResult
  func differentiate(
    _ batch: LossBatch, hooks: [any ActivationHook] = [],
    gradientHooks: [any ActivationHook] = [], includesTensors: Bool = true, lowestLayer: Int = 0,
    dropout: DropoutDraw? = nil, objective: LossObjective = meanLoss
  ) throws -> (loss: Double, targetLosses: [Double]) {
    try differentiate(
      batch,
      GradientRequest(
        hooks: table(hooks), gradientHooks: table(gradientHooks), includesTensors: includesTensors,
        lowestLayer: lowestLayer, dropout: dropout),
      objective: objective)
  }

  /// All gradients, by tensor.
  var gradients: [String: [Float]] {
    Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, $0.gradient.values) })
  }

  func clearGradients() {
    for tensor in tensors { tensor.clearGradient() }
  }
}

/// A norm and every k-th value, as the golden keeps them.
func sampled(_ values: [Float]) -> [Float] {
  let kept = 160
  let step = ((values.count + kept - 1) / kept) | 1
  let squares = values.reduce(0.0) { $0 + Double($1) * Double($1) }
  return [Float(squares.squareRoot())]
    + stride(from: 0, to: values.count, by: step).map { values[$0] }
}

/// Compares a sample: the norm, and the values among themselves.
func expectGradient(
  _ found: [Float], _ expected: [Float], _ what: String,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let norm = Double(expected[0])
  let found = sampled(found)
  let isNormClose = abs(Double(found[0]) - norm) <= Tolerance.gradient.share * norm
  #expect(
    isNormClose, "\(what): norm \(found[0]), expected \(norm)", sourceLocation: sourceLocation)
  let error = relativeRMS(Array(found.dropFirst()), Array(expected.dropFirst()))
  let isClose = error <= Tolerance.gradient.share
  #expect(isClose, "\(what) departs by \(error) of its RMS", sourceLocation: sourceLocation)
}

/// Sequences of random tokens with targets on about half of their rows.
func randomLossBatch(lengths: [Int], vocabulary: Int32, seed: UInt64) -> LossBatch {
  var numbers = SplitMix64(seed: seed)
  var batch = TokenBatch()
  var targets: [LossTarget] = []
  for (sequence, length) in lengths.enumerated() {
    let ids = (0..<length).map { _ in Int32.random(in: 0..<vocabulary, using: &numbers) }
    let first = batch.tokens.count
    batch.append(ids)
    for row in 0..<length - 1 where Bool.random(using: &numbers) {
      targets.append(LossTarget(row: first + row, token: ids[row + 1], sequence: sequence))
    }
  }
  return LossBatch(batch: batch, targets: targets)
}
