public import Kernels
public import ModelFiles

extension TrainableDecoder {
  /// Loads a decoder to be trained.
  ///
  /// - Parameters:
  ///   - checkpoint: the model on disk.
  ///   - scope: what is trained.
  ///   - precision: the precision of products with weights; values and gradients are float32.
  ///   - weightByteLimit: how much memory weights may take; within it those that are not trained are packed once
  ///     for each direction, beyond it every product rearranges them.
  ///   - activationByteLimit: how much memory activations may take; beyond it blocks keep their input alone
  ///     and are computed again on the way back.
  ///   - threads: how many threads divide the rows.
  /// - Throws: `ModelFileError` for tensors that are missing, unused, misshapen or not finite;
  ///   `InferenceError` where the backend cannot run, or a placement is none of this model.
  public convenience init(
    _ checkpoint: Checkpoint, scope: TrainingScope, precision: Precision = .f32,
    weightByteLimit: Int = .max, activationByteLimit: Int = .max, threads: Int
  ) throws {
    try self.init(
      AdaptedModel(checkpoint), scope: scope, precision: precision,
      weightByteLimit: weightByteLimit, activationByteLimit: activationByteLimit, threads: threads)
  }
}

/// A trainable decoder on its way into memory.
final class TrainableLoading {
  let description: DecoderDescription
  let source: any WeightSource
  let engine: MatrixEngine
  let threads: Int
  /// What is trained, in the order of the checkpoint's tensors.
  private(set) var tensors: [TrainableTensor] = []
  private let placements: [ModulePlace: AdapterPlacement]
  private let trained: (ModulePlace) -> Bool
  private let scope: TrainingScope
  private let weightByteLimit: Int
  /// How weights are kept that are not trained.
  private lazy var fixedKeeping: TwoWayWeights.Keeping =
    2 * fixedByteCount <= weightByteLimit ? .packed : .stored

  init(
    _ description: DecoderDescription, source: any WeightSource, scope: TrainingScope,
    engine: MatrixEngine, weightByteLimit: Int, threads: Int
  ) {
    self.description = description
    self.source = source
    self.engine = engine
    self.threads = threads
    self.scope = scope
    self.weightByteLimit = weightByteLimit
    switch scope {
    case .adapters(let adapters, _):
      placements = Dictionary(
        adapters.map { (ModulePlace($0.module, layer: $0.layer), $0) }, uniquingKeysWith: { $1 })
      trained = { _ in false }
    case .weights(let places):
      placements = [:]
      trained = { places?.contains($0) ?? true }
    }
  }

  /// Refuses places that the model does not have.
  func checkScope() throws {
    let layers = 0..<description.layerCount
    switch scope {
    case .adapters(let adapters, _):
      for adapter in adapters {
        guard layers.contains(adapter.layer) else {
          throw InferenceError.layerOutOfRange(
            layer: adapter.layer, layerCount: description.layerCount)
        }
        precondition(
          WeightModule.projections.contains(adapter.module) && adapter.rank > 0,
          "an adapter of rank \(adapter.rank) on \(adapter.module.rawValue)")
      }
    case .weights(let places):
      for place in places ?? [] {
        guard let layer = place.layer else { continue }
        guard layers.contains(layer) else {
          throw InferenceError.layerOutOfRange(layer: layer, layerCount: description.layerCount)
        }
      }
    }
  }

  /// Reads a block.
  func block(_ layer: Int) throws -> TrainableBlock {
    func linear(_ module: WeightModule) throws -> TrainableLinear {
      try self.linear(module, layer: layer)
    }
    return TrainableBlock(
      layer: layer,
      attentionNorm: try norm(.inputLayerNorm, layer: layer),
      query: try linear(.queryProjection),
      key: try linear(.keyProjection),
      value: try linear(.valueProjection),
      queryNorm: description.hasQueryKeyNorm ? try norm(.queryNorm, layer: layer) : nil,
      keyNorm: description.hasQueryKeyNorm ? try norm(.keyNorm, layer: layer) : nil,
      output: try linear(.outputProjection),
      mlpNorm: try norm(.postAttentionLayerNorm, layer: layer),
      gate: try linear(.gateProjection),
      up: try linear(.upProjection),
      down: try linear(.downProjection),
      description: description)
  }

  /// Reads a norm's weight.
  func norm(_ module: WeightModule, layer: Int? = nil) throws -> TrainableNorm {
    let tensor = try read(module, layer: layer, suffix: "weight")
    if trained(ModulePlace(module, layer: layer)) {
      tensors.append(tensor)
      return TrainableNorm(weight: tensor, fixedWeight: [])
    }
    return TrainableNorm(weight: nil, fixedWeight: tensor.vector)
  }

  /// Reads a matrix with its bias and makes its adapter.
  func linear(_ module: WeightModule, layer: Int? = nil) throws -> TrainableLinear {
    let place = ModulePlace(module, layer: layer)
    let isTrained = trained(place)
    let matrix = try read(module, layer: layer, suffix: "weight")
    var bias: TrainableTensor?
    if hasBias(module) { bias = try read(module, layer: layer, suffix: "bias") }
    if isTrained { tensors += [matrix] + (bias.map { [$0] } ?? []) }
    return TrainableLinear(
      weights: TwoWayWeights(
        matrix, keeping: isTrained ? .changing : fixedKeeping, engine: engine, threads: threads),
      weight: isTrained ? matrix : nil,
      bias: isTrained ? bias : nil,
      fixedBias: isTrained ? nil : bias?.vector,
      update: placements[place].map { update($0, matrix: matrix) })
  }

  /// The bytes of the matrices that are not trained, once each.
  private var fixedByteCount: Int {
    let head: WeightModule = description.isHeadTied ? .embedTokens : .head
    let places =
      [ModulePlace(head)]
      + (0..<description.layerCount).flatMap { layer in
        WeightModule.projections.map { ModulePlace($0, layer: layer) }
      }
    return places.filter { !trained($0) }.reduce(0) { sum, place in
      let shape = source.shape(of: "\(place.module.path(layer: place.layer)).weight")
      return sum + engine.precision.byteCount * shape.reduce(1, *)
    }
  }

  private func hasBias(_ module: WeightModule) -> Bool {
    switch module {
    case .queryProjection, .keyProjection, .valueProjection: description.hasQueryKeyValueBias
    case .outputProjection: description.hasOutputBias
    case .gateProjection, .upProjection, .downProjection: description.hasMLPBias
    case .embedTokens, .inputLayerNorm, .queryNorm, .keyNorm, .postAttentionLayerNorm, .norm, .head:
      false
    }
  }

  private func read(
    _ module: WeightModule, layer: Int?, suffix: String
  ) throws -> TrainableTensor {
    let name = "\(module.path(layer: layer)).\(suffix)"
    defer { source.release(name) }
    let tensor = TrainableTensor(
      name: name, module: module, layer: layer, shape: source.shape(of: name))
    try tensor.fill { try source.read(name, into: &$0) }
    return tensor
  }

  /// Draws an adapter as PEFT does: the first factor uniform up to 1 / √in, the second zero.
  private func update(_ placement: AdapterPlacement, matrix: TrainableTensor) -> LowRankUpdate {
    let path = placement.module.path(layer: placement.layer)
    let (out, inner) = (matrix.shape[0], matrix.shape[1])
    let down = TrainableTensor(
      name: "\(path).lora_A.weight", module: placement.module, layer: placement.layer,
      shape: [placement.rank, inner])
    let up = TrainableTensor(
      name: "\(path).lora_B.weight", module: placement.module, layer: placement.layer,
      shape: [out, placement.rank])
    if case .adapters(_, let seed) = scope {
      var numbers = SplitMix64(seed: seed ^ SplitMix64.key(of: down.name))
      let bound = 1 / Float(inner).squareRoot()
      down.fill { values in
        for index in values.indices {
          values[index] = bound * (2 * Float(numbers.next() >> 40) * 0x1p-24 - 1)
        }
      }
    }
    tensors += [down, up]
    return LowRankUpdate(
      down: down, up: up, scaling: placement.scaling, dropoutRate: placement.dropout,
      threads: threads)
  }

  /// Whether a module outside the blocks is trained.
  func isTrained(_ module: WeightModule) -> Bool { trained(ModulePlace(module)) }
}

extension TrainableTensor {
  /// Fills in the values.
  func fill<Fault: Error>(_ body: (inout MutableSpan<Float>) throws(Fault) -> Void) throws(Fault) {
    try values.fill(body)
  }
}

extension FloatMatrix {
  /// Lends all values to be written.
  fileprivate mutating func fill<Fault: Error>(
    _ body: (inout MutableSpan<Float>) throws(Fault) -> Void
  ) throws(Fault) {
    var span = mutableRows(0..<rowCapacity)
    try body(&span)
  }
}
