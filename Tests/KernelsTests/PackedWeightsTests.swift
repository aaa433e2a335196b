import Kernels
import Synchronization
import TestSupport
import Testing

@Suite("Packed products", .serialized)
struct PackedWeightsTests {
  /// Sizes that fill no tile, one tile and several.
  @Test(
    "match a float64 product at awkward sizes",
    arguments: Precision.allCases,
    [(1, 1, 1), (7, 33, 5), (65, 64, 255), (130, 576, 96), (3, 4096, 7)])
  func matchesReference(precision: Precision, sizes: (Int, Int, Int)) throws {
    let (rows, inner, columns) = sizes
    let input = randomValues(rows * inner, seed: 1)
    let weights = randomValues(columns * inner, seed: 2)
    let packed = try pack(weights, inner: inner, precision)
    let output = multiply(packed, FloatMatrix(input, width: inner), rows: rows)

    // Operands are rounded once; what is summed and stored is not.
    let (left, right) =
      precision == .bf16 ? (input.map(\.bfloat16), weights.map(\.bfloat16)) : (input, weights)
    var expected: [Double] = []
    for row in 0..<rows {
      for column in 0..<columns {
        expected.append(
          (0..<inner).reduce(0.0) {
            $0 + Double(left[row * inner + $1]) * Double(right[column * inner + $1])
          })
      }
    }
    expectClose(output, expected, .matrix)
  }

  @Test(
    "give a row the same bits alone, among others and on two threads",
    arguments: Precision.allCases)
  func rowsAreIndependent(precision: Precision) throws {
    let rows = 200
    let inner = 576
    let columns = 192
    let input = FloatMatrix(randomValues(rows * inner, seed: 3), width: inner)
    let packed = try pack(randomValues(columns * inner, seed: 4), inner: inner, precision)
    setProductThreads(1)
    let together = multiply(packed, input, rows: rows)
    var alone = FloatMatrix(rows: rows, width: columns)
    var scratch = ProductScratch()
    for row in 0..<rows {
      packed.multiply(input, rows: row..<row + 1, into: &alone, at: row, scratch: &scratch)
    }
    setProductThreads(2)
    let twoThreads = multiply(packed, input, rows: rows)
    setProductThreads(1)
    #expect(together == alone.values)
    #expect(together == twoThreads)
    #expect(try #require(MatrixEngine(precision: precision)).rowsAreIndependent())
  }

  @Test("may be used from threads that did not make them, several at a time")
  func concurrentProducts() throws {
    let rows = 130
    let inner = 1536
    let values = randomValues(rows * inner, seed: 5)
    let packed = try pack(randomValues(576 * inner, seed: 6), inner: inner, .f32)
    let reference = multiply(packed, FloatMatrix(values, width: inner), rows: rows)
    let differing = Atomic<Int>(0)
    parallelFor(count: 16, threads: 4) { _ in
      let output = multiply(packed, FloatMatrix(values, width: inner), rows: rows)
      if output != reference { differing.add(1, ordering: .relaxed) }
    }
    #expect(differing.load(ordering: .relaxed) == 0)
  }

  private func multiply(
    _ weights: PackedWeights, _ input: borrowing FloatMatrix, rows: Int
  ) -> [Float] {
    var output = FloatMatrix(rows: rows, width: weights.outputWidth)
    var scratch = ProductScratch()
    weights.multiply(input, rows: 0..<rows, into: &output, scratch: &scratch)
    return output.values
  }

  private func pack(
    _ weights: [Float], inner: Int, _ precision: Precision
  ) throws -> PackedWeights {
    let engine = try #require(MatrixEngine(precision: precision))
    let packed = PackedWeights(FloatMatrix(weights, width: inner), engine: engine)
    return try #require(packed)
  }
}

extension Float {
  /// The nearest bfloat16 value, ties to even.
  fileprivate var bfloat16: Float {
    Float(bitPattern: (bitPattern &+ 0x7FFF &+ (bitPattern >> 16 & 1)) & 0xFFFF_0000)
  }
}
