import Kernels
import ModelFiles
import Synchronization

/// The blocks of a decoder: the first ones stay in memory, the others are read when a pass comes to them.
final class DecoderBlocks: Sendable {
  private let description: DecoderDescription
  private let source: any WeightSource
  let engine: MatrixEngine
  private let kept: [DecoderBlock]
  private let threads: Int
  /// What is done to blocks after they are read.
  private let edit: (any BlockEdit)?

  /// Reads the blocks that stay.
  init(
    _ description: DecoderDescription, source: any WeightSource, engine: MatrixEngine,
    keptCount: Int, threads: Int
  ) throws {
    self.description = description
    self.source = source
    self.engine = engine
    self.threads = threads
    let layers = 0..<min(keptCount, description.layerCount)
    let names = layers.flatMap { layer in
      DecoderWeights.requirements(description, layer: layer).map(\.name)
    }
    let weights = try DecoderWeights(names, of: source, engine: engine, threads: threads)
    kept = layers.map { DecoderBlock(layer: $0, description, weights) }
    edit = nil
  }

  /// The same blocks, weights shared, with some of them changed.
  init(_ blocks: DecoderBlocks, edit: any BlockEdit) {
    precondition(blocks.edit == nil, "blocks that are changed already")
    description = blocks.description
    source = blocks.source
    engine = blocks.engine
    threads = blocks.threads
    kept = blocks.kept.map { edit.edited($0) }
    self.edit = edit
  }

  /// Whether a block is in memory.
  func isKept(_ layer: Int) -> Bool { kept.indices.contains(layer) }

  /// A block, read now if it is not kept.
  func block(_ layer: Int) throws -> DecoderBlock {
    if isKept(layer) { return kept[layer] }
    let loading = loading(layer)
    parallelFor(count: loading.tensorCount, threads: threads) { loading.load($0) }
    return try loading.block()
  }

  /// A block to be read piece by piece while something else is computed.
  func loading(_ layer: Int) -> BlockLoading {
    BlockLoading(layer: layer, description, source: source, engine: engine, edit: edit)
  }

  /// Lets the operating system read a block ahead, in its own time.
  func announce(_ layer: Int) {
    guard !isKept(layer), layer < description.layerCount else { return }
    for requirement in DecoderWeights.requirements(description, layer: layer) {
      source.announce(requirement.name)
    }
  }
}

/// A block on its way into memory, tensor by tensor, on any threads.
final class BlockLoading: Sendable {
  private let layer: Int
  private let description: DecoderDescription
  private let source: any WeightSource
  private let engine: MatrixEngine
  private let edit: (any BlockEdit)?
  /// The largest first, so that no thread is left with one at the end.
  private let names: [String]
  private let loaded: Mutex<[Result<DecoderWeights.Loaded, any Error>?]>

  fileprivate init(
    layer: Int, _ description: DecoderDescription, source: any WeightSource, engine: MatrixEngine,
    edit: (any BlockEdit)?
  ) {
    self.layer = layer
    self.edit = edit
    self.description = description
    self.source = source
    self.engine = engine
    names = DecoderWeights.requirements(description, layer: layer)
      .sorted { $0.shape.reduce(1, *) > $1.shape.reduce(1, *) }.map(\.name)
    loaded = Mutex(Array(repeating: nil, count: names.count))
  }

  /// The number of tensors.
  var tensorCount: Int { names.count }

  /// Reads one tensor.
  func load(_ index: Int) {
    let result = Result {
      try DecoderWeights.load(names[index], of: source, engine: engine)
    }
    loaded.withLock { $0[index] = result }
  }

  /// The block, all of whose tensors were read.
  func block() throws -> DecoderBlock {
    let tensors = try loaded.withLock { $0 }.map { result in
      guard let result else { preconditionFailure("a tensor of block \(layer) was not read") }
      return try result.get()
    }
    let block = DecoderBlock(
      layer: layer, description, DecoderWeights(names: names, loaded: tensors))
    return edit.map { $0.edited(block) } ?? block
  }
}

extension DecoderBlock {
  /// Makes a block of weights that were read.
  fileprivate init(layer: Int, _ description: DecoderDescription, _ weights: DecoderWeights) {
    self.init(
      layer: layer,
      attentionNorm: weights.requiredNorm(.inputLayerNorm, layer: layer),
      attention: SelfAttention(
        query: weights.linear(.queryProjection, layer: layer),
        key: weights.linear(.keyProjection, layer: layer),
        value: weights.linear(.valueProjection, layer: layer),
        output: weights.linear(.outputProjection, layer: layer),
        queryNorm: weights.norm(.queryNorm, layer: layer),
        keyNorm: weights.norm(.keyNorm, layer: layer),
        shape: description.attention,
        normEpsilon: description.normEpsilon),
      mlpNorm: weights.requiredNorm(.postAttentionLayerNorm, layer: layer),
      mlp: MLP(
        gate: weights.linear(.gateProjection, layer: layer),
        up: weights.linear(.upProjection, layer: layer),
        down: weights.linear(.downProjection, layer: layer)),
      normEpsilon: description.normEpsilon)
  }
}
