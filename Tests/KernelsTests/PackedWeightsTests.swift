import Kernels
import TestSupport
import Testing

@Suite("Packed products")
struct PackedWeightsTests {
  let engine: MatrixEngine

  init() throws {
    engine = try #require(MatrixEngine())
  }

  /// Sizes that fill no tile, one tile and several.
  @Test(
    "match a float64 product at awkward sizes",
    arguments: [(1, 1, 1), (7, 33, 5), (65, 64, 255), (130, 576, 96), (3, 4096, 7)])
  func matchesReference(rows: Int, inner: Int, columns: Int) throws {
    let input = randomValues(rows * inner, seed: 1)
    let weights = randomValues(columns * inner, seed: 2)
    let packed = try #require(pack(weights, inner: inner))
    var output = FloatMatrix(rows: rows, width: columns)
    packed.multiply(FloatMatrix(input, width: inner), rows: 0..<rows, into: &output)

    var expected: [Double] = []
    for row in 0..<rows {
      for column in 0..<columns {
        expected.append(
          (0..<inner).reduce(0.0) {
            $0 + Double(input[row * inner + $1]) * Double(weights[column * inner + $1])
          })
      }
    }
    expectClose(output.values, expected, .matrix)
  }

  @Test("give a row the same bits alone, among others and on two threads")
  func rowsAreIndependent() throws {
    let rows = 200
    let inner = 576
    let columns = 192
    let input = FloatMatrix(randomValues(rows * inner, seed: 3), width: inner)
    let packed = try #require(pack(randomValues(columns * inner, seed: 4), inner: inner))
    var together = FloatMatrix(rows: rows, width: columns)
    var twoThreads = FloatMatrix(rows: rows, width: columns)
    var alone = FloatMatrix(rows: rows, width: columns)
    setProductThreads(1)
    packed.multiply(input, rows: 0..<rows, into: &together)
    for row in 0..<rows { packed.multiply(input, rows: row..<row + 1, into: &alone, at: row) }
    setProductThreads(2)
    packed.multiply(input, rows: 0..<rows, into: &twoThreads)
    setProductThreads(1)
    #expect(together.values == alone.values)
    #expect(together.values == twoThreads.values)
    #expect(engine.rowsAreIndependent())
  }

  private func pack(_ weights: [Float], inner: Int) -> PackedWeights? {
    PackedWeights(FloatMatrix(weights, width: inner), engine: engine)
  }
}
