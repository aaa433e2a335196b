import Kernels

extension TrainableDecoder {
  /// The most bytes of logits at a time.
  private static let logitByteLimit = 128 << 20

  /// How many targets' logits are made at a time: all where hooks look at them.
  private func tileSize(_ count: Int, hooks: [HookTable]) -> Int {
    if hooks.contains(where: { $0.isHooked(.logits) }) { return max(count, 1) }
    let fitting = Self.logitByteLimit / (4 * description.vocabularySize) / 256 * 256
    return min(max(fitting, 256), max(count, 1))
  }

  /// Makes logits of some targets from the normalized stream.
  private func makeLogits(
    _ batch: LossBatch, targets: Range<Int>, hooks: HookTable, _ space: inout DecoderWorkspace
  ) {
    let rows = targets.map { batch.targets[$0].row }
    let capacity = (rows.count + 31) / 32 * 32
    space.headInput.ensureRows(capacity)
    space.logits.ensureRows(capacity)
    for (place, row) in rows.enumerated() {
      space.headInput.copyRows(row..<row + 1, of: space.normalized, to: place)
    }
    head.linear.forward(
      space.headInput, rows: rows.count, into: &space.logits, scratch: &space.product)
    hooks.fire(
      .logits, &space.logits, rows: rows.count, batch: batch.batch, batchRows: rows)
  }

  /// The loss of each target, from the normalized stream.
  func targetLosses(
    _ batch: LossBatch, hooks: HookTable, _ space: inout DecoderWorkspace
  ) -> [Double] {
    let tokens = batch.targets.map(\.token)
    var losses: [Double] = []
    for tile in tiles(tokens.count, tileSize(tokens.count, hooks: [hooks])) {
      makeLogits(batch, targets: tile, hooks: hooks, &space)
      losses += crossEntropy(space.logits, tokens: tokens[tile], threads: threads)
    }
    return losses
  }

  /// Computes losses and takes their objective's derivative back to what left the last block.
  func differentiateLosses(
    _ batch: LossBatch, _ request: GradientRequest, objective: LossObjective,
    finalTape: BlockTape?, _ space: inout DecoderWorkspace, _ gradient: inout GradientWorkspace
  ) -> (loss: Double, targetLosses: [Double]) {
    let count = batch.targets.count
    let tokens = batch.targets.map(\.token)
    let size = tileSize(count, hooks: [request.hooks, request.gradientHooks])
    let includesHead = request.includesTensors && head.isTrained
    let watchesLogits = request.gradientHooks.isHooked(.logits)
    // A row's derivative is its slope times what it is at slope one: logits that nobody else looks at
    // need not be made again when the slopes are known.
    let isOnePass = !includesHead && !watchesLogits
    var byTarget = FloatMatrix(rows: (count + size) / 32 * 32 + 32, width: description.dModel)
    var losses: [Double] = []
    let ones = [Float](repeating: 1, count: count)
    for tile in tiles(count, size) {
      makeLogits(batch, targets: tile, hooks: request.hooks, &space)
      if isOnePass {
        losses += crossEntropyBackward(
          &space.logits, tokens: tokens[tile], slopes: ones[tile], threads: threads)
        takeBack(tile, into: &byTarget, &space)
      } else {
        losses += crossEntropy(space.logits, tokens: tokens[tile], threads: threads)
      }
    }
    let (loss, slopes) = objective(losses)
    precondition(slopes.count == count, "\(slopes.count) slopes for \(count) targets")
    if !isOnePass {
      for tile in tiles(count, size) {
        // Hooks have seen these logits where one tile holds them all, and they are still there.
        if size < count { makeLogits(batch, targets: tile, hooks: request.hooks, &space) }
        _ = crossEntropyBackward(
          &space.logits, tokens: tokens[tile], slopes: slopes[tile], threads: threads)
        request.gradientHooks.fire(
          .logits, &space.logits, rows: tile.count, batch: batch.batch,
          batchRows: tile.map { batch.targets[$0].row })
        if includesHead {
          head.addGradients(
            input: space.headInput, gradient: space.logits, narrow: NarrowPair(), rows: tile.count,
            dropout: nil, threads: threads)
        }
        takeBack(tile, into: &byTarget, &space)
      }
    }

    gradient.branch.clear()
    for (index, target) in batch.targets.enumerated() {
      add(
        row: index, of: byTarget, to: target.row, of: &gradient.branch,
        scale: isOnePass ? slopes[index] : 1)
    }
    backwardFinalNorm(batch.batch, request, finalTape: finalTape, &space, &gradient)
    return (loss, losses)
  }

  /// Takes a tile's derivative by logits back to the head's input.
  private func takeBack(
    _ tile: Range<Int>, into byTarget: inout FloatMatrix, _ space: inout DecoderWorkspace
  ) {
    head.weights.multiplyBack(
      space.logits, rows: tile.count, into: &space.headInput, isAdding: false)
    byTarget.copyRows(0..<tile.count, of: space.headInput, to: tile.lowerBound)
  }

  private func backwardFinalNorm(
    _ batch: TokenBatch, _ request: GradientRequest, finalTape: BlockTape?,
    _ space: inout DecoderWorkspace, _ gradient: inout GradientWorkspace
  ) {
    let rows = batch.tokens.count
    let epsilon = description.normEpsilon
    let hooks = request.gradientHooks
    hooks.fire(.lnFinalOut, &gradient.branch, rows: rows, batch: batch)
    if request.includesTensors, let weight = trainableNorm.weight {
      if let finalTape {
        finalTape.restore(.lnFinalNormalized, into: &space.normalized, rows: rows)
      } else {
        rmsNormalize(
          space.residual, rows: rows, epsilon: epsilon, into: &space.normalized, threads: threads)
      }
      scaleRowsBackward(
        space.normalized, gradient: gradient.branch, rows: rows, addingTo: &weight.gradient,
        threads: threads)
    }
    scaleRows(&gradient.branch, rows: rows, by: trainableNorm.values, threads: threads)
    hooks.fire(.lnFinalNormalized, &gradient.branch, rows: rows, batch: batch)
    gradient.residual.clear()
    rmsNormalizeBackward(
      space.residual, gradient: gradient.branch, rows: rows, epsilon: epsilon,
      addingTo: &gradient.residual, threads: threads)
  }

  private func tiles(_ count: Int, _ size: Int) -> [Range<Int>] {
    stride(from: 0, to: count, by: size).map { $0..<min($0 + size, count) }
  }
}

/// Adds a row of one matrix, scaled, to a row of another.
func add(
  row: Int, of source: borrowing FloatMatrix, to target: Int, of matrix: inout FloatMatrix,
  scale: Float = 1
) {
  var values = matrix.mutableRows(target..<target + 1)
  addScaled(source[rows: row..<row + 1], scale: scale, to: &values)
}
