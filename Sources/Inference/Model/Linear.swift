import Kernels

/// A linear map with weights `[out, in]`, an optional bias and an optional low-rank update.
struct Linear: Sendable {
  /// How the weights are held.
  enum Weights: Sendable {
    /// In the layout that products read fastest.
    case packed(PackedWeights)
    /// To be multiplied both ways.
    case twoWay(TwoWayWeights, update: LowRankUpdate?)
  }

  let weights: Weights
  let bias: [Float]?
  /// What weights and update are multiplied by, `[out]`, without touching them; nil leaves them as they are.
  var scale: [Float]?

  init(weights: Weights, bias: [Float]?) {
    self.weights = weights
    self.bias = bias
  }

  /// `output = input × weightsᵀ + update + bias` for the first rows, weights and update scaled where asked.
  ///
  /// - Returns: what lies between the update's factors.
  @discardableResult func forward(
    _ input: borrowing FloatMatrix, rows: Int, into output: inout FloatMatrix,
    scratch: inout ProductScratch, dropout: DropoutDraw? = nil
  ) -> NarrowRows? {
    var term: LowRankTerm?
    switch weights {
    case .packed(let weights):
      weights.multiply(input, rows: 0..<rows, into: &output, scratch: &scratch)
    case .twoWay(let weights, let update):
      term = update?.term(rows: rows, dropout: dropout)
      weights.multiply(input, rows: rows, into: &output, with: term)
    }
    if let scale { scaleRows(&output, rows: rows, by: scale) }
    if let bias { addBias(bias, to: &output, rows: rows) }
    return term?.narrow
  }
}
