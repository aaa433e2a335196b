import Kernels
import Synchronization
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

  @Test("may be used from threads that did not make them, several at a time")
  func concurrentProducts() throws {
    let rows = 130
    let inner = 1536
    let columns = 576
    let values = randomValues(rows * inner, seed: 5)
    let packed = try #require(pack(randomValues(columns * inner, seed: 6), inner: inner))
    var expected = FloatMatrix(rows: rows, width: columns)
    packed.multiply(FloatMatrix(values, width: inner), rows: 0..<rows, into: &expected)
    let reference = expected.values
    let differing = Atomic<Int>(0)
    parallelFor(count: 16, threads: 4) { _ in
      var output = FloatMatrix(rows: rows, width: columns)
      packed.multiply(FloatMatrix(values, width: inner), rows: 0..<rows, into: &output)
      if output.values != reference { differing.add(1, ordering: .relaxed) }
    }
    #expect(differing.load(ordering: .relaxed) == 0)
  }

  private func pack(_ weights: [Float], inner: Int) -> PackedWeights? {
    PackedWeights(FloatMatrix(weights, width: inner), engine: engine)
  }
}
