package import Kernels
public import ModelFiles

extension LowRankAdapter {
  /// The Frobenius norm of what a module's weight gains: `scaling × |B A|`, from the inner products of the
  /// factors.
  public func updateNorm(of module: Module) -> Double {
    abs(scaling(of: module)) * module.productNorm
  }
}

extension LowRankAdapter.Module {
  /// `lora_A`, `[rank, in]`.
  package var downMatrix: DoubleMatrix {
    DoubleMatrix(rows: rank, columns: inputWidth, values: down.map(Double.init))
  }

  /// `lora_B`, `[out, rank]`.
  package var upMatrix: DoubleMatrix {
    DoubleMatrix(rows: outputWidth, columns: rank, values: up.map(Double.init))
  }

  /// `A Aᵀ`, the inner products of the rows of `lora_A`: `[rank, rank]`, row by row.
  package var downProducts: [Double] {
    var products = DoubleMatrix(rows: rank, columns: rank)
    downMatrix.rowProducts(into: &products)
    products.mirrorLower()
    return products.values
  }

  /// The Frobenius norm of `B A`, without the scaling.
  package var productNorm: Double {
    var products = DoubleMatrix(rows: rank, columns: rank)
    upMatrix.columnProducts(into: &products)
    products.mirrorLower()
    return max(sumOfProducts(products.values, downProducts), 0).squareRoot()
  }
}

/// The sum of products of elements, in order.
package func sumOfProducts(_ left: [Double], _ right: [Double]) -> Double {
  zip(left, right).reduce(0) { $0 + $1.0 * $1.1 }
}

extension AdaptedModel {
  /// The Frobenius norm of a module's weight, adapters included.
  ///
  /// - Precondition: the model has the module.
  /// - Throws: `ModelFileError` for weights that are not finite.
  public func weightNorm(ofModule path: String) throws(ModelFileError) -> Double {
    var sum = 0.0
    try unsafe weights.withTensor("\(path).weight") { values in
      for index in values.indices {
        let value = unsafe Double(values[index])
        sum += value * value
      }
    }
    return sum.squareRoot()
  }
}
