import Kernels
import ModelFiles

/// The tensors a decoder asks of their source, and what was read of them.
struct DecoderWeights {
  private var matrices: [String: PackedWeights] = [:]
  private var vectors: [String: [Float]] = [:]

  /// Every tensor a description implies, with the reason for its shape.
  static func requirements(_ description: DecoderDescription) -> [TensorRequirement] {
    let vocabularyReason = "vocab_size × hidden_size"
    let table = [description.vocabularySize, description.dModel]
    var list = require(.embedTokens, table, vocabularyReason)
    for layer in 0..<description.layerCount { list += requirements(description, layer: layer) }
    list += require(.norm, [description.dModel], "hidden_size = \(description.dModel)")
    if !description.isHeadTied { list += require(.head, table, vocabularyReason) }
    return list
  }

  /// The tensors of one block.
  static func requirements(
    _ description: DecoderDescription, layer: Int
  ) -> [TensorRequirement] {
    let heads = description.attention
    let dModel = description.dModel
    let queryWidth = heads.headCount * heads.dHead
    let keyWidth = heads.keyValueHeadCount * heads.dHead
    let queryReason = "num_attention_heads × head_dim = \(heads.headCount) × \(heads.dHead)"
    let keyReason = "num_key_value_heads × head_dim = \(heads.keyValueHeadCount) × \(heads.dHead)"
    let mlpReason = "intermediate_size = \(description.dMLP)"
    let modelReason = "hidden_size = \(dModel)"
    let projectionBias = description.hasQueryKeyValueBias
    let mlpBias = description.hasMLPBias

    var list: [TensorRequirement] = []
    func require(_ module: WeightModule, _ shape: [Int], bias: Bool = false, _ reason: String) {
      list += Self.require(module, layer: layer, shape, bias: bias, reason)
    }
    require(.inputLayerNorm, [dModel], modelReason)
    require(.queryProjection, [queryWidth, dModel], bias: projectionBias, queryReason)
    require(.keyProjection, [keyWidth, dModel], bias: projectionBias, keyReason)
    require(.valueProjection, [keyWidth, dModel], bias: projectionBias, keyReason)
    if description.hasQueryKeyNorm {
      require(.queryNorm, [heads.dHead], "head_dim = \(heads.dHead)")
      require(.keyNorm, [heads.dHead], "head_dim = \(heads.dHead)")
    }
    require(
      .outputProjection, [dModel, queryWidth], bias: description.hasOutputBias, queryReason)
    require(.postAttentionLayerNorm, [dModel], modelReason)
    require(.gateProjection, [description.dMLP, dModel], bias: mlpBias, mlpReason)
    require(.upProjection, [description.dMLP, dModel], bias: mlpBias, mlpReason)
    require(.downProjection, [dModel, description.dMLP], bias: mlpBias, mlpReason)
    return list
  }

  private static func require(
    _ module: WeightModule, layer: Int? = nil, _ shape: [Int], bias: Bool = false, _ reason: String
  ) -> [TensorRequirement] {
    let path = module.path(layer: layer)
    let weight = TensorRequirement(name: "\(path).weight", shape: shape, because: reason)
    if !bias { return [weight] }
    return [weight, TensorRequirement(name: "\(path).bias", shape: [shape[0]], because: reason)]
  }

  /// Reads and packs tensors, several at a time.
  ///
  /// - Parameters:
  ///   - names: which tensors; vectors and matrices alike.
  ///   - source: where they are; already checked against the requirements.
  ///   - engine: packs the matrices.
  ///   - threads: how many tensors to read at a time.
  /// - Throws: `ModelFileError` for a value that is not finite, `InferenceError` for a shape that the
  ///   backend cannot multiply.
  init(_ names: [String], of source: any WeightSource, engine: MatrixEngine, threads: Int) throws {
    let loaded = try parallelMap(count: names.count, threads: threads) { index in
      try Self.load(names[index], of: source, engine: engine)
    }
    self.init(names: names, loaded: loaded)
  }

  /// Keys tensors that were read by their names.
  init(names: [String], loaded: [Loaded]) {
    for (name, tensor) in zip(names, loaded) {
      switch tensor {
      case .matrix(let packed): matrices[name] = packed
      case .vector(let values): vectors[name] = values
      }
    }
  }

  /// A tensor in memory.
  enum Loaded: Sendable {
    case matrix(PackedWeights)
    case vector([Float])
  }

  /// Reads one tensor, a matrix packed, and lets it go.
  static func load(
    _ name: String, of source: any WeightSource, engine: MatrixEngine
  ) throws -> Loaded {
    let shape = source.shape(of: name)
    if shape.count == 1 {
      defer { source.release(name) }
      var values = [Float](repeating: 0, count: shape[0])
      var span = values.mutableSpan
      try source.read(name, into: &span)
      return .vector(values)
    }
    let matrix = try source.matrix(name)
    guard let packed = PackedWeights(matrix, engine: engine) else {
      throw InferenceError.productUnavailable(name: name, shape: shape)
    }
    return .matrix(packed)
  }

  /// The linear map of a module.
  func linear(_ module: WeightModule, layer: Int? = nil) -> Linear {
    let path = module.path(layer: layer)
    guard let weights = matrices["\(path).weight"] else {
      preconditionFailure("\(path).weight was not loaded")
    }
    return Linear(weights: .packed(weights), bias: vectors["\(path).bias"])
  }

  /// The weight vector of a norm; nil where the model has none.
  func norm(_ module: WeightModule, layer: Int? = nil) -> [Float]? {
    vectors["\(module.path(layer: layer)).weight"]
  }

  /// The weight vector of a norm that every family has.
  func requiredNorm(_ module: WeightModule, layer: Int? = nil) -> [Float] {
    guard let weight = norm(module, layer: layer) else {
      preconditionFailure("\(module.path(layer: layer)).weight was not loaded")
    }
    return weight
  }
}
