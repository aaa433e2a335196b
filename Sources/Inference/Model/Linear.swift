import Kernels

/// A linear map with packed weights `[out, in]` and an optional bias.
struct Linear: Sendable {
  let weights: PackedWeights
  let bias: [Float]?

  /// `output = input × weightsᵀ + bias` for the first rows.
  func forward(
    _ input: borrowing FloatMatrix, rows: Int, into output: inout FloatMatrix,
    scratch: inout ProductScratch
  ) {
    weights.multiply(input, rows: 0..<rows, into: &output, scratch: &scratch)
    if let bias { addBias(bias, to: &output, rows: rows) }
  }
}
