import Kernels
import TestSupport
import Testing

@Suite("Thin products and factors in float32")
struct PanelMatrixTests {
  @Test(
    "a thin product equals one in double at sizes on and off the edges of panels and tiles",
    arguments: [(1, 7, 5), (6, 64, 32), (5, 100, 33), (13, 576, 70), (16, 1, 1)])
  func product(_ rows: Int, _ inner: Int, _ width: Int) {
    let left = LinearAlgebraTests.filled(rows, inner, seed: 1)
    let right = LinearAlgebraTests.filled(inner, width, seed: 2)
    let found = PanelMatrix(FloatMatrix(rounding: right)).product(left).values
    expectClose(found.map { Float($0) }, left.times(right).values, .matrix)
  }

  @Test("a row of a thin product is the same bits alone and among others")
  func independence() {
    let left = LinearAlgebraTests.filled(9, 40, seed: 3)
    let panels = PanelMatrix(FloatMatrix(rounding: LinearAlgebraTests.filled(40, 50, seed: 4)))
    let together = panels.product(left)
    for row in 0..<9 {
      let alone = panels.product(left.rows([row])).values
      let among = together.list(row)
      #expect(alone == among)
    }
  }

  @Test("a transpose has rows for columns")
  func transpose() {
    let matrix = LinearAlgebraTests.filled(5, 3, seed: 8)
    let rounded = FloatMatrix(rounding: matrix)
    var transposed = FloatMatrix(rows: 3, width: 5)
    rounded.transpose(into: &transposed)
    for row in 0..<5 {
      for column in 0..<3 {
        let (found, expected) = (
          transposed[rows: column..<column + 1][row], matrix.row(row)[column]
        )
        #expect(found == Float(expected))
      }
    }
  }

  @Test("a factor solves what it was made from, and there is none of an indefinite matrix")
  func cholesky() {
    let size = 24
    let rows = FloatMatrix(randomValues(60 * size, seed: 5), width: size)
    var products = DoubleMatrix(rows: size, columns: size)
    DoubleMatrix(rows: 60, columns: size, values: rows.values.map(Double.init))
      .columnProducts(into: &products)
    products.mirrorLower()
    let asked = LinearAlgebraTests.filled(3, size, seed: 6)
    var factor = rows.columnProducts()
    var sides = FloatMatrix(rounding: asked)
    let isDefinite = factor.factorize()
    #expect(isDefinite)
    factor.solve(&sides, rows: 3)
    var solved = DoubleMatrix(rows: 3, columns: size)
    for side in 0..<3 {
      var row = solved.mutableRow(side)
      for column in 0..<size { row[column] = Double(sides[rows: side..<side + 1][column]) }
    }
    expectClose(solved.times(products).values.map { Float($0) }, asked.values, .decoder)

    var indefinite = FloatMatrix(rounding: LinearAlgebraTests.filled(2, 2, seed: 7))
    var row = indefinite.mutableRows(0..<1)
    row[0] = -1
    let hasFactor = indefinite.factorize()
    #expect(!hasFactor)
  }
}
