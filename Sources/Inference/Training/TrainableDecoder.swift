public import Kernels

/// A decoder whose adapters or weights are trained.
///
/// Every row of a pass goes through the same blocks as in `Decoder`. On the way back, what forward hooks add
/// is passed through with a derivative of one: additions of vectors are exact, replacements and scalings are
/// treated as if they were additions. Hooks are called once: a block with forward hooks between its two
/// residual streams keeps all it needs, whatever the limit. Gradient hooks look and must not change values.
/// Scores and patterns have no gradient sites.
public final class TrainableDecoder: DifferentiableModel {
  /// Sizes and choices.
  public let description: DecoderDescription
  public let tensors: [TrainableTensor]
  /// The precision of products with weights.
  public let precision: Precision
  public var layerCount: Int { description.layerCount }

  let embedding: TokenEmbedding
  /// The table, where it is trained.
  let embeddingTensor: TrainableTensor?
  let trainableBlocks: [TrainableBlock]
  let trainableNorm: TrainableNorm
  let head: TrainableLinear
  let threads: Int
  private let activationByteLimit: Int
  /// Blocks with the values of now.
  private var blocks: [DecoderBlock] = []
  private var finalNorm: FinalNorm
  var space: DecoderWorkspace
  var gradient: GradientWorkspace
  /// What each block keeps; reused from pass to pass.
  private var tapes: [BlockTape?]
  private var spareTape: BlockTape?

  init(_ loading: TrainableLoading, activationByteLimit: Int) throws {
    // Weight gradients are sums that BLAS would otherwise divide by thread count.
    useSingleThreadedBLAS()
    let description = loading.description
    self.description = description
    precision = loading.engine.precision
    threads = loading.threads
    self.activationByteLimit = activationByteLimit
    embedding = TokenEmbedding(
      source: loading.source, vocabularySize: description.vocabularySize)
    let table = try loading.linear(.embedTokens)
    embeddingTensor = table.weight
    trainableBlocks = try (0..<description.layerCount).map { try loading.block($0) }
    trainableNorm = try loading.norm(.norm)
    head = description.isHeadTied ? table : try loading.linear(.head)
    tensors = loading.tensors
    finalNorm = FinalNorm(weight: trainableNorm.values, epsilon: description.normEpsilon)
    space = DecoderWorkspace(for: description, threads: threads, rowMultiple: 32)
    gradient = GradientWorkspace(for: description)
    tapes = Array(repeating: nil, count: description.layerCount)
    takeValues()
  }

  public func valuesChanged() throws {
    head.weights.valuesChanged()
    for block in trainableBlocks { block.valuesChanged() }
    takeValues()
  }

  private func takeValues() {
    blocks = trainableBlocks.map(\.block)
    finalNorm = FinalNorm(weight: trainableNorm.values, epsilon: description.normEpsilon)
  }

  public func losses(_ batch: LossBatch, hooks: HookTable) throws -> [Double] {
    check(batch)
    space.dropout = nil
    let layout = BatchLayout(batch, sharing: hooks.isEmpty)
    try forward(layout, hooks: hooks, &space) { _ in nil }
    return targetLosses(layout.rows, hooks: hooks, &space)
  }

  public func differentiate(
    _ batch: LossBatch, _ request: GradientRequest, objective: LossObjective
  ) throws -> (loss: Double, targetLosses: [Double]) {
    check(batch)
    space.dropout = request.dropout
    // Hooks see every sequence's rows, and dropout tells them apart.
    let isShared =
      request.hooks.isEmpty && request.gradientHooks.isEmpty && request.dropout == nil
    return try differentiate(
      BatchLayout(batch, sharing: isShared), request, objective: objective, &space, &gradient)
  }

  private func differentiate(
    _ layout: BatchLayout, _ request: GradientRequest, objective: LossObjective,
    _ space: inout DecoderWorkspace, _ gradient: inout GradientWorkspace
  ) throws -> (loss: Double, targetLosses: [Double]) {
    let reach = BackwardReach(self, request)
    let batch = layout.rows.batch
    let rows = batch.tokens.count
    let tapes = tapes(rows: rows, from: reach.lowestLayer, hooks: request.hooks)
    let finalTape =
      request.hooks.isHooked(.lnFinalNormalized)
      ? BlockTape(
        [.lnFinalNormalized], for: description, precision: precision, threads: threads) : nil
    try forward(layout, hooks: request.hooks, finalTape: finalTape, &space) { tapes[$0] }
    gradient.prepare(rows: (rows + 31) / 32 * 32)
    let result = differentiateLosses(
      layout.rows, request, objective: objective, finalTape: finalTape, &space, &gradient)

    let pass = BackwardPass(
      batch: batch, paths: layout.paths, gradientHooks: request.gradientHooks,
      includesTensors: request.includesTensors, dropout: request.dropout,
      epsilon: description.normEpsilon, threads: threads)
    for layer in (reach.lowestLayer..<layerCount).reversed() {
      let wantsInput = layer > reach.lowestLayer || reach.includesEmbedding
      guard let kept = tapes[layer] else { preconditionFailure("block \(layer) kept nothing") }
      let tape = complete(kept, layer: layer, layout: layout, &space)
      let depth = BlockDepth(
        trainableBlocks[layer], wantsInput: wantsInput, includesTensors: request.includesTensors,
        gradientHooks: request.gradientHooks)
      trainableBlocks[layer].backward(pass, depth: depth, tape: tape, &space, &gradient)
    }
    if reach.includesEmbedding {
      pass.fire(.embed, &gradient.residual)
      if request.includesTensors, let embeddingTensor {
        for (row, token) in batch.tokens.enumerated() {
          add(row: row, of: gradient.residual, to: Int(token), of: &embeddingTensor.gradient)
        }
      }
    }
    return result
  }

  /// Refuses batches that could not have come from whole sequences.
  private func check(_ batch: LossBatch) {
    let rows = batch.batch.tokens.count
    precondition(rows > 0, "a batch without tokens")
    for sequence in batch.batch.sequences {
      precondition(sequence.firstPosition == 0, "a sequence from \(sequence.firstPosition)")
    }
    for target in batch.targets {
      precondition(target.row >= 0 && target.row < rows, "target row \(target.row) of \(rows)")
    }
  }

  private func forward(
    _ layout: BatchLayout, hooks: HookTable, finalTape: BlockTape? = nil,
    _ space: inout DecoderWorkspace, tape: (_ layer: Int) -> BlockTape?
  ) throws {
    let batch = layout.rows.batch
    space.prepare(for: batch, logitRows: 0)
    if let embeddingTensor {
      for (row, token) in batch.tokens.enumerated() {
        space.residual.copyRows(
          Int(token)..<Int(token) + 1, of: embeddingTensor.values, to: row)
      }
    } else {
      try embedding.read(batch.tokens, into: &space.residual)
    }
    hooks.fire(.embed, &space.residual, rows: batch.tokens.count, batch: batch)
    for layer in 0..<layerCount {
      space.tape = tape(layer)
      let contexts = space.contexts(for: batch, paths: layout.paths)
      blocks[layer].forward(batch: batch, contexts: contexts, hooks: hooks, &space)
    }
    space.tape = finalTape
    finalNorm.forward(batch, hooks: hooks, &space)
    space.tape = nil
  }

  /// Chooses what each block keeps: all where the memory allows and where hooks must not be called again.
  private func tapes(rows: Int, from lowest: Int, hooks: HookTable) -> [BlockTape?] {
    let watched: [SiteKind] = [
      .ln1Normalized, .ln1Out, .query, .key, .value, .rotatedQuery, .rotatedKey, .attentionScores,
      .pattern, .headOutput, .attentionOut, .residMid, .ln2Normalized, .ln2Out, .mlpPre,
      .mlpPreLinear, .mlpPost,
    ]
    func bytes(_ slots: Set<BlockTape.Slot>) -> Int {
      BlockTape.byteCount(slots, rows: rows, in: description, precision: precision)
    }
    var left = activationByteLimit - (layerCount - lowest) * bytes([.input])
    // From the last block on: what it keeps is not needed for long.
    for layer in (lowest..<layerCount).reversed() {
      let all = BlockTape.slots(description, layer: layer, hooks: hooks)
      let cost =
        bytes(all) - bytes([.input]) + trainableBlocks[layer].narrowByteCount(rows: rows)
      let keepsAll = hooks.isHooked(anyOf: watched, layer: layer) || cost <= left
      if keepsAll { left -= cost }
      let slots = keepsAll ? all : [.input]
      if tapes[layer]?.keeps(slots) != true { tapes[layer] = newTape(slots) }
    }
    return (0..<layerCount).map { $0 < lowest ? nil : tapes[$0] }
  }

  private func newTape(_ slots: Set<BlockTape.Slot>) -> BlockTape {
    BlockTape(slots, for: description, precision: precision, threads: threads)
  }

  /// A tape with all that a block's way back needs, computed again from the block's input if need be.
  private func complete(
    _ tape: BlockTape, layer: Int, layout: BatchLayout, _ space: inout DecoderWorkspace
  ) -> BlockTape {
    if tape.keeps(.gate) { return tape }
    let none = HookTable(for: description)
    let batch = layout.rows.batch
    let spare =
      spareTape ?? newTape(BlockTape.slots(description, layer: layer, hooks: none))
    spareTape = spare
    tape.restore(.input, into: &space.residual, rows: batch.tokens.count)
    space.tape = spare
    let contexts = space.contexts(for: batch, paths: layout.paths)
    blocks[layer].forward(
      batch: batch, contexts: contexts, through: .hidden, hooks: none, &space)
    space.tape = nil
    return spare
  }
}

/// How far down a backward pass goes.
struct BackwardReach {
  /// The lowest block; the number of blocks for none.
  let lowestLayer: Int
  /// Whether the derivative by the embedding is wanted.
  let includesEmbedding: Bool

  init(_ decoder: TrainableDecoder, _ request: GradientRequest) {
    let includesTensors = request.includesTensors
    includesEmbedding =
      (includesTensors && decoder.embeddingTensor != nil)
      || (request.gradientHooks.isHooked(.embed) && (includesTensors || request.lowestLayer == 0))
    let wanted = (0..<decoder.layerCount).filter { layer in
      (includesTensors && decoder.trainableBlocks[layer].isTrained)
        || ((includesTensors || layer >= request.lowestLayer)
          && request.gradientHooks.isHooked(
            anyOf: SiteKind.allCases.filter(\.isPerLayer), layer: layer))
    }
    lowestLayer = includesEmbedding ? 0 : wanted.first ?? decoder.layerCount
  }
}
