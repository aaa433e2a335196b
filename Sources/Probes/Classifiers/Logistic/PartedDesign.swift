import Kernels

/// The rows of all training parts, and how each part standardises them, without a copy for each part.
///
/// A part's standardised vector is `(z - mean) × stretch` of the shared vector z, so its products are
/// products of z with something added: all parts at once are one product of two matrices. There are two
/// of each: exact ones, and ones in float32 that take a third of the time, for searching.
struct PartedDesign: ~Copyable {
  /// Number of rows.
  let rowCount: Int
  /// Number of components.
  let width: Int
  /// What each part trains on.
  let parts: [Part]
  private let overall: Standardization
  /// `[row, width]`.
  let values: DoubleMatrix
  /// The same, rounded.
  private let byRow: PanelMatrix
  /// `[width, row]`, rounded.
  private let byComponent: PanelMatrix

  /// A training part.
  struct Part {
    /// Places of its rows.
    let rows: [Int]
    /// Mean of each component over them, in shared units.
    let means: [Double]
    /// One over their standard deviation; 0 for a component that does not vary.
    let stretches: [Double]
  }

  /// Takes features sorted by fold.
  ///
  /// - Parameters:
  ///   - folded: the features.
  ///   - trained: for each part, the folds it trains on.
  init(_ folded: consuming FoldedRows, trained: [[Int]]) {
    rowCount = folded.values.rows
    width = folded.values.columns
    overall = folded.overall
    parts = trained.map { folds in
      let part = folded.part(folds)
      let isConstant = part.isConstant
      return Part(
        rows: folds.flatMap { Array(folded.ranges[$0]) }, means: part.means,
        stretches: part.squaredScales.indices.map { index in
          !isConstant.isEmpty && isConstant[index] ? 0 : 1 / part.squaredScales[index].squareRoot()
        })
    }
    let rounded = FloatMatrix(rounding: folded.values)
    byRow = PanelMatrix(rounded)
    var transposed = FloatMatrix(rows: width, width: rowCount)
    rounded.transpose(into: &transposed)
    byComponent = PanelMatrix(transposed)
    values = folded.values
  }

  /// Weighted sums of the standardised components of every row, for some weights of each of some parts.
  func scores(_ weights: [[Double]], parts chosen: [Int], rounded: Bool) -> [[Double]] {
    var shared = DoubleMatrix(rows: chosen.count, columns: width)
    var shifts: [Double] = []
    for (place, index) in chosen.enumerated() {
      let part = parts[index]
      var target = shared.mutableRow(place)
      var shift = 0.0
      for column in 0..<width {
        let weight = weights[place][column] * part.stretches[column]
        shift += weight * part.means[column]
        target[column] = weight
      }
      shifts.append(shift)
    }
    let products =
      rounded
      ? byComponent.product(shared)
      : shared.timesTransposed(values, rows: 0..<chosen.count)
    return chosen.indices.map { place in
      let found = products.row(place)
      let shift = shifts[place]
      return found.indices.map { found[$0] - shift }
    }
  }

  /// Sums of the standardised vectors of all rows, weighted by some forces for each of some parts.
  ///
  /// A force is 0 outside its part.
  func slopes(_ forces: [[Double]], parts chosen: [Int], rounded: Bool) -> [[Double]] {
    let pulls = DoubleMatrix(rowsOf: forces, columns: rowCount)
    let products = rounded ? byRow.product(pulls) : pulls.times(values)
    return chosen.enumerated().map { place, index in
      let part = parts[index]
      let total = forces[place].reduce(0, +)
      let found = products.row(place)
      return found.indices.map { (found[$0] - total * part.means[$0]) * part.stretches[$0] }
    }
  }

  /// The probe on raw vectors that scores as these weights do on a part's standardised ones.
  func probe(weights: [Double], intercept: Double, part index: Int) -> LinearProbe {
    let part = parts[index]
    var shared = weights
    var bias = intercept
    for column in shared.indices {
      shared[column] *= part.stretches[column]
      bias -= shared[column] * part.means[column]
    }
    return overall.folded(weights: shared, intercept: bias)
  }
}
