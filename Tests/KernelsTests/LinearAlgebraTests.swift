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
    var whole = DoubleMatrix(rows: size, columns: size)
    whole.assign(system)
    whole.mirrorLower()
    var sides =
      whole.times(Array(solutions[..<size])) + whole.times(Array(solutions[size...]))
    let isDefinite = system.factorize()
    #expect(isDefinite)
    system.solve(&sides)
    for index in 0..<2 * size {
      Self.expect(sides[index], solutions[index], scale: Double(size))
    }
  }

  @Test("multiplies runs of rows with the rows of another matrix", arguments: sizes)
  func rowRuns(_ rows: Int, _ columns: Int) {
    let matrix = Self.filled(rows, columns, seed: 31)
    let other = Self.filled(5, columns, seed: 37)
    let run = rows / 3..<rows
    let products = matrix.timesTransposed(other, rows: run)
    for row in run {
      for index in 0..<5 {
        let expected = (0..<columns).reduce(0.0) {
          $0 + matrix.row(row)[$1] * other.row(index)[$1]
        }
        Self.expect(products.row(row - run.lowerBound)[index], expected, scale: Double(columns))
      }
    }
  }

  @Test("multiplies columns over runs of rows into a block of rows", arguments: sizes)
  func columnRuns(_ rows: Int, _ columns: Int) {
    let matrix = Self.filled(rows, columns, seed: 41)
    let other = Self.filled(rows, 4, seed: 43)
    let run = rows / 3..<rows
    var products = DoubleMatrix(rows: columns + 2, columns: 4)
    matrix.transposedTimes(other, rows: run, into: &products, at: 2)
    var squares = DoubleMatrix(rows: columns + 1, columns: columns)
    matrix.columnProducts(rows: run, into: &squares, at: 1)
    for column in 0..<columns {
      for index in 0..<4 {
        let expected = run.reduce(0.0) { $0 + matrix.row($1)[column] * other.row($1)[index] }
        Self.expect(products.row(column + 2)[index], expected, scale: Double(rows))
      }
      for index in 0...column {
        let expected = run.reduce(0.0) { $0 + matrix.row($1)[column] * matrix.row($1)[index] }
        Self.expect(squares.row(column + 1)[index], expected, scale: Double(rows))
      }
    }
    for column in 0..<4 { #expect(products.row(1)[column] == 0) }
  }

  @Test("multiplies matrices, adds blocks and outer products, and mirrors", arguments: sizes)
  func combinations(_ rows: Int, _ columns: Int) {
    let matrix = Self.filled(rows, columns, seed: 47)
    let right = Self.filled(columns, 3, seed: 53)
    var product = matrix.times(right)
    let stacked = Self.filled(rows + 2, 3, seed: 59)
    product.add(-0.5, times: stacked, from: 2)
    let (left, top) = ((0..<rows).map { Self.value($0) }, [1.0, -2, 3])
    product.addOuter(2, left, top)
    for row in 0..<rows {
      for column in 0..<3 {
        var expected = (0..<columns).reduce(0.0) {
          $0 + matrix.row(row)[$1] * right.row($1)[column]
        }
        expected += 2 * left[row] * top[column] - 0.5 * stacked.row(row + 2)[column]
        Self.expect(product.row(row)[column], expected, scale: Double(columns + 4))
      }
    }
    var square = DoubleMatrix(rows: rows, columns: rows)
    matrix.rowProducts(into: &square)
    square.mirrorLower()
    for row in 0..<rows {
      for column in 0..<rows { #expect(square.row(row)[column] == square.row(column)[row]) }
    }
  }

  @Test("solves for the rows of a matrix as for sides one after the other")
  func solveRows() {
    let root = Self.filled(9, 9, seed: 61)
    var system = DoubleMatrix(rows: 9, columns: 9)
    root.rowProducts(into: &system)
    for index in 0..<9 {
      var row = system.mutableRow(index)
      row[index] += 1
    }
    let isDefinite = system.factorize()
    #expect(isDefinite)
    var sides = Self.filled(4, 9, seed: 67)
    var list = (0..<36).map { sides.row($0 / 9)[$0 % 9] }
    system.solve(rowsOf: &sides)
    system.solve(&list)
    for index in 0..<36 { #expect(sides.row(index / 9)[index % 9] == list[index]) }
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
    #expect(narrow == [0, 0, 0])
    #expect(flat == [0, 0])
  }

  @Test("refuses a row that is not there")
  func bounds() async {
    await #expect(processExitsWith: .failure) {
      let matrix = DoubleMatrix(rows: 2, columns: 3)
      _ = matrix.row(2)[0]
    }
  }
}
