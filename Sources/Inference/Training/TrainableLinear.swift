public import Kernels

/// A linear map and what of it is trained.
struct TrainableLinear: Sendable {
  /// The module's weights, to be multiplied both ways.
  let weights: TwoWayWeights
  let weight: TrainableTensor?
  let bias: TrainableTensor?
  let fixedBias: [Float]?
  let update: LowRankUpdate?

  /// Whether anything is trained.
  var isTrained: Bool { weight != nil || bias != nil || update != nil }

  /// The map with the values of now.
  var linear: Linear {
    Linear(weights: .twoWay(weights, update: update), bias: bias?.vector ?? fixedBias)
  }

  /// Turns the derivative by the output into the derivative by the input.
  ///
  /// - Returns: what the update's gradients can use again; nil without an update.
  func backward(
    _ gradient: borrowing FloatMatrix, rows: Int, into inputGradient: inout FloatMatrix,
    isAdding: Bool = false, dropout: DropoutDraw?
  ) -> NarrowRows? {
    let term = update?.inputGradientTerm(rows: rows, dropout: dropout)
    weights.multiplyBack(
      gradient, rows: rows, into: &inputGradient, isAdding: isAdding, with: term)
    return term?.narrow
  }

  /// Adds the derivatives by what is trained.
  func addGradients(
    input: borrowing FloatMatrix, gradient: borrowing FloatMatrix, narrow: NarrowPair, rows: Int,
    dropout: DropoutDraw?, threads: Int
  ) {
    update?.addGradients(
      input: input, gradient: gradient, narrow: narrow, rows: rows, dropout: dropout)
    if let weight {
      addWeightGradient(
        input: input, gradient: gradient, rows: rows, to: &weight.gradient, threads: threads)
    }
    if let bias {
      addBiasBackward(gradient, rows: rows, addingTo: &bias.gradient, threads: threads)
    }
  }
}

/// The learned weight of a norm and whether it is trained.
struct TrainableNorm: Sendable {
  let weight: TrainableTensor?
  let fixedWeight: [Float]

  /// The weight of now.
  var values: [Float] { weight?.vector ?? fixedWeight }
}

extension TrainableTensor: MatrixOwner, TensorGradient {
  public func withMatrix<Result>(_ body: (borrowing FloatMatrix) -> Result) -> Result {
    body(values)
  }

  public func withGradient(_ body: (inout FloatMatrix) -> Void) { body(&gradient) }

  /// The values of a vector.
  var vector: [Float] { values.firstRow }
}

extension FloatMatrix {
  /// A copy of the first row.
  fileprivate var firstRow: [Float] {
    let span = self[rows: 0..<1]
    return span.indices.map { span[$0] }
  }
}
