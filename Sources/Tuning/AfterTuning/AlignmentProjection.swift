import Inference
import Kernels
import ModelFiles

/// How an update is projected onto what alignment changed.
public enum AlignmentProjection: String, Sendable, CaseIterable {
  /// By `C = V Vᵀ / |V|`, as published: no projector, since it weighs directions by their squared share.
  case raw
  /// Onto the left singular vectors of V that hold 90 % of its energy.
  case projector
}

/// A module's update and its projection, compared through inner products of the factors.
struct ProjectedUpdate: Sendable {
  /// `B` projected, `[out, rank]`, row by row; the update after an edit is its product with A.
  let up: [Double]
  /// The cosine between the projected update and the update; 0 where nothing of it is left.
  let cosine: Double
  /// The norm of the projected update as a share of the update's.
  let ratio: Double
  /// How many singular vectors were kept; nil for `C`.
  let dimension: Int?
  /// `|V|`.
  let alignmentNorm: Double
}

extension AlignmentProjection {
  /// The share of V's squared norm that the singular vectors kept have to hold.
  static let energy = 0.9

  /// Projects a module's update; nil where there is no update, or alignment changed nothing.
  func project(
    _ module: LowRankAdapter.Module, onto difference: borrowing WeightDifference
  ) throws -> ProjectedUpdate? {
    let norm = difference.norm
    guard norm > 0, module.productNorm > 0 else { return nil }
    let up = module.upMatrix
    let projected: (up: [Double], dimension: Int?)
    switch self {
    case .raw:
      projected = (difference.times(difference.transposedTimes(up)).map { $0 / norm }, nil)
    case .projector:
      projected = try Self.onSingularVectors(up, of: difference, module: module.path)
    }
    let products = module.downProducts
    let after = DoubleMatrix(rows: module.outputWidth, columns: module.rank, values: projected.up)
    let inner = sumOfProducts(up.innerProducts(after), products)
    let original = max(sumOfProducts(up.innerProducts(up), products), 0).squareRoot()
    let remaining = max(sumOfProducts(after.innerProducts(after), products), 0).squareRoot()
    return ProjectedUpdate(
      up: projected.up, cosine: remaining > 0 ? inner / (original * remaining) : 0,
      ratio: remaining / original, dimension: projected.dimension, alignmentNorm: norm)
  }

  /// `U Uᵀ B` for the leading left singular vectors U, from the smaller of `V Vᵀ` and `Vᵀ V`.
  private static func onSingularVectors(
    _ up: borrowing DoubleMatrix, of difference: borrowing WeightDifference, module: String
  ) throws -> (up: [Double], dimension: Int?) {
    let change = difference.block(0..<difference.rows)
    let isWide = difference.rows <= difference.columns
    let side = min(difference.rows, difference.columns)
    var vectors = DoubleMatrix(rows: side, columns: side)
    if isWide { change.rowProducts(into: &vectors) } else { change.columnProducts(into: &vectors) }
    guard let energies = vectors.diagonalize() else {
      throw AfterTuningError.noEigenvectors(module: module)
    }
    let kept = leading(energies)
    let leading = vectors.rows(kept)
    if isWide {
      // U are the eigenvectors themselves.
      let coordinates = leading.times(up)
      return (coordinates.transposedProduct(leading), kept.count)
    }
    // V W = U S for the eigenvectors W, so that U Uᵀ B = V W S⁻² Wᵀ Vᵀ B.
    var coordinates = leading.times(difference.transposedTimes(up))
    for (row, index) in kept.enumerated() {
      var values = coordinates.mutableRow(row)
      for column in values.indices { values[column] /= energies[index] }
    }
    let back = DoubleMatrix(
      rows: difference.columns, columns: up.columns,
      values: coordinates.transposedProduct(leading))
    return (difference.times(back), kept.count)
  }

  /// The places of the fewest eigenvalues, largest first, that hold the share of energy.
  private static func leading(_ energies: [Double]) -> [Int] {
    let total = energies.reduce(0) { $0 + max($1, 0) }
    var kept: [Int] = []
    var held = 0.0
    for index in energies.indices.reversed() where held < energy * total {
      kept.append(index)
      held += max(energies[index], 0)
    }
    return kept
  }
}

extension DoubleMatrix {
  /// The inner products of columns with those of another matrix, row by row.
  fileprivate func innerProducts(_ other: borrowing DoubleMatrix) -> [Double] {
    var products = DoubleMatrix(rows: columns, columns: other.columns)
    transposedTimes(other, rows: 0..<rows, into: &products)
    return products.values
  }

  /// The transpose of another matrix of as many rows times this one: `[other's column, column]`, row by row.
  fileprivate func transposedProduct(_ other: borrowing DoubleMatrix) -> [Double] {
    var products = DoubleMatrix(rows: other.columns, columns: columns)
    other.transposedTimes(self, rows: 0..<rows, into: &products)
    return products.values
  }
}
