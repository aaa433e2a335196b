import Kernels

/// What a backward pass carries from block to block.
struct BackwardPass {
  let batch: TokenBatch
  /// For each sequence of the batch, the rows of its positions.
  let paths: [[Range<Int>]]
  let gradientHooks: HookTable
  let includesTensors: Bool
  let dropout: DropoutDraw?
  let epsilon: Float
  let threads: Int

  var rows: Int { batch.tokens.count }

  /// Calls the gradient hooks of a site.
  func fire(_ kind: SiteKind, layer: Int? = nil, _ matrix: inout FloatMatrix) {
    gradientHooks.fire(kind, layer: layer, &matrix, rows: rows, batch: batch)
  }

  /// Adds a linear map's gradients where they are wanted.
  func addGradients(
    _ linear: TrainableLinear, input: borrowing FloatMatrix, gradient: borrowing FloatMatrix,
    narrow: NarrowPair
  ) {
    if !includesTensors { return }
    linear.addGradients(
      input: input, gradient: gradient, narrow: narrow, rows: rows, dropout: dropout,
      threads: threads)
  }
}

extension TrainableBlock {
  /// Takes the derivative by the residual stream that left the block to the one that entered it.
  ///
  /// - Parameters:
  ///   - pass: the pass.
  ///   - depth: how far into the block to go.
  ///   - tape: what the forward pass kept; used up.
  ///   - space: buffers for what was kept.
  ///   - gradient: derivatives; `residual` is taken back in place.
  func backward(
    _ pass: BackwardPass, depth: BlockDepth, tape: BlockTape, _ space: inout DecoderWorkspace,
    _ gradient: inout GradientWorkspace
  ) {
    pass.fire(.residPost, layer: layer, &gradient.residual)
    pass.fire(.mlpOut, layer: layer, &gradient.residual)
    backwardMLP(pass, depth: depth, tape: tape, &space, &gradient)
    if !depth.middle { return }
    pass.fire(.residMid, layer: layer, &gradient.residual)
    if !depth.attention { return }
    pass.fire(.attentionOut, layer: layer, &gradient.residual)
    backwardAttention(pass, tape: tape, &space, &gradient)
    backwardProjections(pass, depth: depth, tape: tape, &space, &gradient)
    if depth.input { pass.fire(.residPre, layer: layer, &gradient.residual) }
  }

  private func backwardMLP(
    _ pass: BackwardPass, depth: BlockDepth, tape: BlockTape, _ space: inout DecoderWorkspace,
    _ gradient: inout GradientWorkspace
  ) {
    let rows = pass.rows
    let includesDown = pass.includesTensors && down.isTrained
    if !depth.hidden && !includesDown { return }
    tape.restore(.gate, into: &space.gate, rows: rows)
    tape.restore(.linear, into: &space.linear, rows: rows)
    // What a block that is computed anew leaves out is not kept: the down projection's.
    var narrow = (
      down: NarrowPair(), gate: NarrowPair(input: tape.takeNarrow(.gateProjection)),
      up: NarrowPair(input: tape.takeNarrow(.upProjection))
    )
    if depth.hidden {
      narrow.down.gradient = down.backward(
        gradient.residual, rows: rows, into: &gradient.hidden, dropout: pass.dropout)
      pass.fire(.mlpPost, layer: layer, &gradient.hidden)
      gateSiLUBackward(
        &space.gate, &space.linear, gradient: &gradient.hidden, rows: rows, threads: pass.threads)
    } else {
      gateSiLU(&space.gate, with: space.linear, rows: rows, threads: pass.threads)
      swap(&space.gate, &gradient.hidden)
    }
    // Now `hidden` holds the hidden layer itself.
    if tape.keeps(.post) { tape.restore(.post, into: &gradient.hidden, rows: rows) }
    pass.addGradients(
      down, input: gradient.hidden, gradient: gradient.residual, narrow: narrow.down)
    if !depth.hidden { return }
    pass.fire(.mlpPre, layer: layer, &space.gate)
    pass.fire(.mlpPreLinear, layer: layer, &space.linear)

    if depth.middle {
      narrow.gate.gradient = gate.backward(
        space.gate, rows: rows, into: &gradient.branch, dropout: pass.dropout)
      narrow.up.gradient = up.backward(
        space.linear, rows: rows, into: &gradient.branch, isAdding: true, dropout: pass.dropout)
      pass.fire(.ln2Out, layer: layer, &gradient.branch)
    }
    tape.restore(.middle, into: &space.residual, rows: rows)
    restoreNorm(
      mlpNorm, pass, tape: tape, .ln2Normalized, .ln2Out,
      wantsOutput: gate.isTrained || up.isTrained,
      includesWeight: depth.middle, gradient.branch, &space)
    pass.addGradients(gate, input: space.normalized, gradient: space.gate, narrow: narrow.gate)
    pass.addGradients(up, input: space.normalized, gradient: space.linear, narrow: narrow.up)
    if depth.middle { backwardNorm(mlpNorm, pass, .ln2Normalized, space.residual, &gradient) }
  }

  private func backwardAttention(
    _ pass: BackwardPass, tape: BlockTape, _ space: inout DecoderWorkspace,
    _ gradient: inout GradientWorkspace
  ) {
    let rows = pass.rows
    var narrow = NarrowPair(input: tape.takeNarrow(.outputProjection))
    narrow.gradient = output.backward(
      gradient.residual, rows: rows, into: &gradient.headOutput, dropout: pass.dropout)
    if pass.includesTensors && output.isTrained {
      tape.restore(.headOutput, into: &space.headOutput, rows: rows)
      pass.addGradients(
        output, input: space.headOutput, gradient: gradient.residual, narrow: narrow)
    }
    pass.fire(.headOutput, layer: layer, &gradient.headOutput)
    tape.restore(.query, into: &space.query, rows: rows)
    tape.restore(.key, into: &space.key, rows: rows)
    tape.restore(.value, into: &space.value, rows: rows)
    description.attention.attendBackward(
      queries: space.query, keys: space.key, values: space.value, gradient: gradient.headOutput,
      paths: pass.paths, queryGradient: &gradient.query, keyGradient: &gradient.key,
      valueGradient: &gradient.value, threads: pass.threads)
    pass.fire(.rotatedQuery, layer: layer, &gradient.query)
    pass.fire(.rotatedKey, layer: layer, &gradient.key)
    pass.fire(.value, layer: layer, &gradient.value)
    let places = pass.batch.sequencePlaces
    space.rotary.rotateBack(&gradient.query, places, threads: pass.threads)
    space.rotary.rotateBack(&gradient.key, places, threads: pass.threads)
    if let queryNorm {
      tape.restore(.plainQuery, into: &space.query, rows: rows)
      backwardHeadNorm(queryNorm, pass, input: space.query, &gradient.query)
    }
    if let keyNorm {
      tape.restore(.plainKey, into: &space.key, rows: rows)
      backwardHeadNorm(keyNorm, pass, input: space.key, &gradient.key)
    }
    pass.fire(.query, layer: layer, &gradient.query)
    pass.fire(.key, layer: layer, &gradient.key)
  }

  private func backwardProjections(
    _ pass: BackwardPass, depth: BlockDepth, tape: BlockTape, _ space: inout DecoderWorkspace,
    _ gradient: inout GradientWorkspace
  ) {
    let rows = pass.rows
    var narrow = (
      query: NarrowPair(input: tape.takeNarrow(.queryProjection)),
      key: NarrowPair(input: tape.takeNarrow(.keyProjection)),
      value: NarrowPair(input: tape.takeNarrow(.valueProjection))
    )
    if depth.input {
      narrow.query.gradient = query.backward(
        gradient.query, rows: rows, into: &gradient.branch, dropout: pass.dropout)
      narrow.key.gradient = key.backward(
        gradient.key, rows: rows, into: &gradient.branch, isAdding: true, dropout: pass.dropout)
      narrow.value.gradient = value.backward(
        gradient.value, rows: rows, into: &gradient.branch, isAdding: true, dropout: pass.dropout)
      pass.fire(.ln1Out, layer: layer, &gradient.branch)
    }
    let wantsOutput = query.isTrained || key.isTrained || value.isTrained
    if !depth.input && !(pass.includesTensors && wantsOutput) { return }
    tape.restore(.input, into: &space.residual, rows: rows)
    restoreNorm(
      attentionNorm, pass, tape: tape, .ln1Normalized, .ln1Out, wantsOutput: wantsOutput,
      includesWeight: depth.input, gradient.branch, &space)
    pass.addGradients(
      query, input: space.normalized, gradient: gradient.query, narrow: narrow.query)
    pass.addGradients(
      key, input: space.normalized, gradient: gradient.key, narrow: narrow.key)
    pass.addGradients(
      value, input: space.normalized, gradient: gradient.value, narrow: narrow.value)
    if depth.input { backwardNorm(attentionNorm, pass, .ln1Normalized, space.residual, &gradient) }
  }

  /// Brings back what a norm made of `residual`, in `normalized`, and adds the gradient of its weight on
  /// the way.
  private func restoreNorm(
    _ norm: TrainableNorm, _ pass: BackwardPass, tape: BlockTape, _ normalized: BlockTape.Slot,
    _ out: BlockTape.Slot, wantsOutput: Bool, includesWeight: Bool,
    _ gradient: borrowing FloatMatrix, _ space: inout DecoderWorkspace
  ) {
    let rows = pass.rows
    let weight = pass.includesTensors && includesWeight ? norm.weight : nil
    let wantsOutput = pass.includesTensors && wantsOutput
    if tape.keeps(normalized), weight != nil || !tape.keeps(out) {
      tape.restore(normalized, into: &space.normalized, rows: rows)
    } else if weight != nil || wantsOutput {
      rmsNormalize(
        space.residual, rows: rows, epsilon: pass.epsilon, into: &space.normalized,
        threads: pass.threads)
    }
    if let weight {
      scaleRowsBackward(
        space.normalized, gradient: gradient, rows: rows, addingTo: &weight.gradient,
        threads: pass.threads)
    }
    if !wantsOutput { return }
    if tape.keeps(out) {
      tape.restore(out, into: &space.normalized, rows: rows)
    } else {
      scaleRows(&space.normalized, rows: rows, by: norm.values, threads: pass.threads)
    }
  }

  private func backwardNorm(
    _ norm: TrainableNorm, _ pass: BackwardPass, _ normalized: SiteKind,
    _ input: borrowing FloatMatrix, _ gradient: inout GradientWorkspace
  ) {
    scaleRows(&gradient.branch, rows: pass.rows, by: norm.values, threads: pass.threads)
    pass.fire(normalized, layer: layer, &gradient.branch)
    rmsNormalizeBackward(
      input, gradient: gradient.branch, rows: pass.rows, epsilon: pass.epsilon,
      addingTo: &gradient.residual, threads: pass.threads)
  }

  private func backwardHeadNorm(
    _ norm: TrainableNorm, _ pass: BackwardPass, input: borrowing FloatMatrix,
    _ gradient: inout FloatMatrix
  ) {
    rmsNormalizeHeadsBackward(
      input, gradient: &gradient, rows: pass.rows, weight: norm.values, epsilon: pass.epsilon,
      addingTo: pass.includesTensors ? norm.weight : nil, threads: pass.threads)
  }
}
