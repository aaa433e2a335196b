import Kernels
import Testing

@Suite("Linear algebra")
struct LinearAlgebraTests {
  /// Sums of a few hundred products in double precision, in another order.
  static let tolerance = 1e-12

  static let sizes = [(1, 1), (1, 7), (7, 1), (33, 7), (7, 33), (64, 64), (255, 33)]

  static func filled(_ rows: Int, _ columns: Int, seed: Int) -> DoubleMatrix {
    var matrix = DoubleMatrix(rows: rows, columns: columns)
    for index in 0..<rows {
      var row = matrix.mutableRow(index)
      for column in 0..<columns { row[column] = value(index * columns + column + seed) }
    }
    return matrix
  }

  static func value(_ index: Int) -> Double {
    Double((index &* 2_654_435_761) % 1_000_003) / 1_000_003 - 0.5
  }

  static func expect(
    _ found: Double, _ expected: Double, scale: Double,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(
      abs(found - expected) <= tolerance * scale, "\(found), expected \(expected)",
      sourceLocation: sourceLocation)
  }

  @Test("multiplies a vector by a matrix and by its transpose", arguments: sizes)
  func vectors(_ rows: Int, _ columns: Int) {
    let matrix = Self.filled(rows, columns, seed: 3)
    let right = (0..<columns).map { Self.value($0 + 100) }
    let left = (0..<rows).map { Self.value($0 + 200) }
    let product = matrix.times(right)
    let transposed = matrix.transposedTimes(left)
    for row in 0..<rows {
      let expected = (0..<columns).reduce(0.0) { $0 + matrix.row(row)[$1] * right[$1] }
      Self.expect(product[row], expected, scale: Double(columns))
    }
    for column in 0..<columns {
      let expected = (0..<rows).reduce(0.0) { $0 + matrix.row($1)[column] * left[$1] }
      Self.expect(transposed[column], expected, scale: Double(rows))
    }
  }

  @Test("multiplies rows with rows and columns with columns", arguments: sizes)
  func products(_ rows: Int, _ columns: Int) {
    let matrix = Self.filled(rows, columns, seed: 5)
    var byRows = DoubleMatrix(rows: rows, columns: rows)
    var byColumns = DoubleMatrix(rows: columns, columns: columns)
    matrix.rowProducts(into: &byRows)
    matrix.columnProducts(into: &byColumns)
    for one in 0..<rows {
      for other in 0...one {
        let expected = (0..<columns).reduce(0.0) {
          $0 + matrix.row(one)[$1] * matrix.row(other)[$1]
        }
        Self.expect(byRows.row(one)[other], expected, scale: Double(columns))
      }
    }
    for one in 0..<columns {
      for other in 0...one {
        let expected = (0..<rows).reduce(0.0) { $0 + matrix.row($1)[one] * matrix.row($1)[other] }
        Self.expect(byColumns.row(one)[other], expected, scale: Double(rows))
      }
    }
  }

  @Test("multiplies by a symmetric matrix through its lower triangle", arguments: [1, 7, 33, 255])
  func symmetric(_ size: Int) {
    let half = Self.filled(size, size, seed: 9)
    let vector = (0..<size).map { Self.value($0 + 300) }
    let product = half.symmetricTimes(vector)
    for row in 0..<size {
      let expected = (0..<size).reduce(0.0) {
        $0 + half.row(max(row, $1))[min(row, $1)] * vector[$1]
      }
      Self.expect(product[row], expected, scale: Double(size))
    }
  }

  @Test(
    "solves several right-hand sides of a positive definite system", arguments: [1, 7, 33, 255])
  func solve(_ size: Int) {
    let root = Self.filled(size, size, seed: 21)
    var system = DoubleMatrix(rows: size, columns: size)
    root.rowProducts(into: &system)
    for index in 0..<size {
      var row = system.mutableRow(index)
      row[index] += 1
    }
    let solutions = (0..<2 * size).map { Self.value($0 + 400) }
    var sides =
      system.symmetricTimes(Array(solutions[..<size]))
      + system.symmetricTimes(Array(solutions[size...]))
    let isDefinite = system.factorize()
    #expect(isDefinite)
    system.solve(&sides)
    for index in 0..<2 * size {
      Self.expect(sides[index], solutions[index], scale: Double(size))
    }
  }

  @Test("says when a matrix is not positive definite")
  func indefinite() {
    var matrix = DoubleMatrix(rows: 2, columns: 2)
    for (row, values) in [[1.0, 0], [2, 1]].enumerated() {
      var target = matrix.mutableRow(row)
      for column in 0..<2 { target[column] = values[column] }
    }
    let isDefinite = matrix.factorize()
    #expect(!isDefinite)
  }

  @Test("an empty dimension gives zeros")
  func empty() {
    let narrow = DoubleMatrix(rows: 3, columns: 0).times([])
    let flat = DoubleMatrix(rows: 0, columns: 2).transposedTimes([])
    let nothing = DoubleMatrix(rows: 0, columns: 0).symmetricTimes([])
    #expect(narrow == [0, 0, 0])
    #expect(flat == [0, 0])
    #expect(nothing == [])
  }

  @Test("refuses a row that is not there")
  func bounds() async {
    await #expect(processExitsWith: .failure) {
      let matrix = DoubleMatrix(rows: 2, columns: 3)
      _ = matrix.row(2)[0]
    }
  }
}
