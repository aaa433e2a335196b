import Kernels

/// A linear map with weights `[out, in]`, an optional bias and an optional low-rank update.
struct Linear: Sendable {
  /// How the weights are held.
  enum Weights: Sendable {
    /// In the layout that products read fastest.
    case packed(PackedWeights)
    /// As they are stored, to be multiplied both ways.
    case plain(PlainWeights)
  }

  let weights: Weights
  let bias: [Float]?
  var update: LowRankUpdate?
  /// What weights and update are multiplied by, `[out]`, without touching them; nil leaves them as they are.
  var scale: [Float]?

  init(weights: Weights, bias: [Float]?, update: LowRankUpdate? = nil) {
    self.weights = weights
    self.bias = bias
    self.update = update
  }

  /// `output = input × weightsᵀ + bias + update` for the first rows, weights and update scaled where asked.
  func forward(
    _ input: borrowing FloatMatrix, rows: Int, into output: inout FloatMatrix,
    scratch: inout ProductScratch, dropout: DropoutDraw? = nil
  ) {
    switch weights {
    case .packed(let weights):
      weights.multiply(input, rows: 0..<rows, into: &output, scratch: &scratch)
    case .plain(let weights):
      weights.multiply(input, rows: rows, into: &output)
    }
    if let scale {
      // A bias is not among what is scaled, so it comes last.
      update?.add(of: input, rows: rows, to: &output, dropout: dropout)
      scaleRows(&output, rows: rows, by: scale)
      if let bias { addBias(bias, to: &output, rows: rows) }
      return
    }
    if let bias { addBias(bias, to: &output, rows: rows) }
    update?.add(of: input, rows: rows, to: &output, dropout: dropout)
  }
}
