import Kernels
import TestSupport
import Testing

@Suite("Products both ways")
struct BackwardProductTests {
  private final class Owner: MatrixOwner, @unchecked Sendable {
    // Sendable: changed by one test between products.
    var matrix: FloatMatrix
    init(_ values: [Float], width: Int) { matrix = FloatMatrix(values, width: width) }
    func withMatrix<Result>(_ body: (borrowing FloatMatrix) -> Result) -> Result { body(matrix) }
  }

  /// left `[rows, inner]` × right, `[inner, columns]`, each read through a function.
  private func product(
    _ rows: Int, _ inner: Int, _ columns: Int, _ left: (Int, Int) -> Float,
    _ right: (Int, Int) -> Float
  ) -> [Double] {
    (0..<rows * columns).map { place in
      (0..<inner).reduce(0.0) {
        $0 + Double(left(place / columns, $1)) * Double(right($1, place % columns))
      }
    }
  }

  @Test(
    "match float64 both ways and for weights", arguments: [1, 7, 33, 100, 300],
    [(1, .stored), (2, .stored), (1, .packed), (2, .packed), (2, .changing)]
      as [(Int, TwoWayWeights.Keeping)])
  func twoWayWeights(rows: Int, how: (threads: Int, keeping: TwoWayWeights.Keeping)) throws {
    let threads = how.threads
    let (inner, out) = (40, 70)
    let engine = try #require(MatrixEngine())
    let w = randomValues(out * inner, seed: 1)
    let x = randomValues(rows * inner, seed: 2)
    let d = randomValues(rows * out, seed: 3)
    let weights = TwoWayWeights(
      Owner(w, width: inner), keeping: how.keeping, engine: engine, threads: threads)
    var y = FloatMatrix(rows: rows, width: out)
    weights.multiply(FloatMatrix(x, width: inner), rows: rows, into: &y)
    expectClose(
      y.values, product(rows, inner, out, { x[$0 * inner + $1] }, { w[$1 * inner + $0] }), .matrix)

    let start = randomValues(rows * inner, seed: 4)
    var dx = FloatMatrix(start, width: inner)
    let back = product(rows, out, inner, { d[$0 * out + $1] }, { w[$0 * inner + $1] })
    weights.multiplyBack(FloatMatrix(d, width: out), rows: rows, into: &dx, isAdding: true)
    expectClose(dx.values, zip(back, start).map { $0 + Double($1) }, .matrix)
    weights.multiplyBack(FloatMatrix(d, width: out), rows: rows, into: &dx, isAdding: false)
    expectClose(dx.values, back, .matrix)

    var dw = FloatMatrix(rows: out, width: inner)
    useSingleThreadedBLAS()
    addWeightGradient(
      input: FloatMatrix(x, width: inner), gradient: FloatMatrix(d, width: out), rows: rows,
      to: &dw, threads: threads)
    expectClose(
      dw.values, product(out, rows, inner, { d[$1 * out + $0] }, { x[$0 * inner + $1] }), .matrix)
  }

  @Test("round to bfloat16 and follow changed values")
  func roundedWeights() throws {
    let (rows, inner, out) = (70, 64, 48)
    let engine = try #require(MatrixEngine(precision: .bf16))
    // Small whole numbers are exact in bfloat16.
    func whole(_ count: Int, _ seed: UInt64) -> [Float] {
      randomValues(count, seed: seed).map { (8 * $0).rounded() }
    }
    let (w, x) = (whole(out * inner, 1), whole(rows * inner, 2))
    let owner = Owner(w, width: inner)
    let weights = TwoWayWeights(owner, keeping: .changing, engine: engine, threads: 2)
    var y = FloatMatrix(rows: rows, width: out)
    weights.multiply(FloatMatrix(x, width: inner), rows: rows, into: &y)
    let expected = product(rows, inner, out, { x[$0 * inner + $1] }, { w[$1 * inner + $0] })
    expectClose(y.values, expected, .exact)
    for keeping in [TwoWayWeights.Keeping.stored, .packed] {
      TwoWayWeights(owner, keeping: keeping, engine: engine, threads: 2)
        .multiply(FloatMatrix(x, width: inner), rows: rows, into: &y)
      expectClose(y.values, expected, .exact)
    }
    owner.matrix = FloatMatrix(w.map { 2 * $0 }, width: inner)
    weights.valuesChanged()
    weights.multiply(FloatMatrix(x, width: inner), rows: rows, into: &y)
    expectClose(y.values, expected.map { 2 * $0 }, .exact)
  }

  @Test("low-rank products match float64", arguments: [1, 3, 8, 16, 21], [33, 128])
  func lowRank(rank: Int, width: Int) throws {
    let rows = 75
    let x = randomValues(rows * width, seed: 1)
    let a = randomValues(rank * width, seed: 2)
    let b = randomValues(width * rank, seed: 3)
    let d = randomValues(rows * width, seed: 4)
    let flat = FloatMatrix(a, width: width)
    let tall = FloatMatrix(b, width: rank)
    let input = FloatMatrix(x, width: width)
    let h = product(rows, width, rank, { x[$0 * width + $1] }, { a[$1 * width + $0] })
    let factor = LowRankFactor(flat, isTall: false)
    let engine = try #require(MatrixEngine())
    var results: [[Float]] = []
    for threads in 1...2 {
      let narrow = NarrowRows(input, rows: rows, by: factor, threads: threads)
      var output = FloatMatrix(d, width: width)
      add(
        LowRankTerm(
          rows: rows, narrowing: factor, widening: LowRankFactor(tall, isTall: true, scale: 0.5)),
        of: input, to: &output, engine: engine, threads: threads)
      let wide = product(rows, rank, width, { Float(h[$0 * rank + $1]) }, { b[$1 * rank + $0] })
      expectClose(output.values, zip(wide, d).map { 0.5 * $0 + Double($1) }, .matrix)

      var gradient = FloatMatrix(rows: width, width: rank)
      narrow.addOuterProduct(
        with: FloatMatrix(d, width: width), scale: 2, to: &gradient, isTall: true, threads: threads)
      expectClose(
        gradient.values,
        product(
          width, rows, rank, { d[$1 * width + $0] }, { 2 * Float(h[$0 * rank + $1]) }), .matrix)

      let back = NarrowRows(
        FloatMatrix(d, width: width), rows: rows, by: LowRankFactor(tall, isTall: true),
        threads: threads)
      let dh = product(rows, width, rank, { d[$0 * width + $1] }, { b[$0 * rank + $1] })
      var flatGradient = FloatMatrix(rows: rank, width: width)
      back.addOuterProduct(with: input, to: &flatGradient, isTall: false, threads: threads)
      expectClose(
        flatGradient.values,
        product(
          rank, rows, width, { Float(dh[$1 * rank + $0]) }, { x[$0 * width + $1] }), .matrix)
      results.append(output.values + gradient.values + flatGradient.values)
    }
    #expect(results[0] == results[1])
  }

  /// Adds a term to rows by a product with weights of zero.
  private func add(
    _ term: LowRankTerm, of input: borrowing FloatMatrix, to output: inout FloatMatrix,
    engine: MatrixEngine, threads: Int
  ) {
    let zeros = [Float](repeating: 0, count: input.width * output.width)
    let weights = TwoWayWeights(
      Owner(zeros, width: output.width), keeping: .stored, engine: engine, threads: threads)
    weights.multiplyBack(
      input, rows: output.rowCapacity, into: &output, isAdding: true, with: term)
  }

  @Test("dropout keeps its share, and the same elements in every product")
  func dropout() throws {
    let engine = try #require(MatrixEngine())
    let (rows, width) = (90, 70)
    let mask = DropoutMask(key: 77, rate: 0.3)
    let ones = FloatMatrix([Float](repeating: 1, count: rows * width), width: width)
    let unit = FloatMatrix([Float](repeating: 1, count: width), width: width)
    // Widening ones lays the mask open.
    var open = FloatMatrix(rows: rows, width: width)
    add(
      LowRankTerm(
        rows: rows, narrowing: LowRankFactor(unit, isTall: false),
        widening: LowRankFactor(unit, isTall: false, mask: mask)),
      of: ones, to: &open, engine: engine, threads: 2)
    let kept = open.values.map { $0 != 0 }
    let share = Double(kept.count { $0 }) / Double(kept.count)
    // Five standard deviations of a share of 6,300 draws.
    #expect(abs(share - 0.7) < 5 * (0.3 * 0.7 / Double(rows * width)).squareRoot())

    let x = randomValues(rows * width, seed: 1)
    let dropped = zip(x, kept).map { $1 ? $0 / 0.7 : 0 }
    let a = FloatMatrix(randomValues(3 * width, seed: 2), width: width)
    let b = FloatMatrix(randomValues(3 * width, seed: 3), width: 3)
    func results(_ x: [Float], _ mask: DropoutMask?) -> [Float] {
      let input = FloatMatrix(x, width: width)
      let term = LowRankTerm(
        rows: rows, narrowing: LowRankFactor(a, isTall: false, mask: mask),
        widening: LowRankFactor(b, isTall: true))
      var output = FloatMatrix(rows: rows, width: width)
      add(term, of: input, to: &output, engine: engine, threads: 1)
      var gradient = FloatMatrix(rows: 3, width: width)
      term.narrow.addOuterProduct(with: input, mask: mask, to: &gradient, isTall: false, threads: 2)
      return output.values + gradient.values
    }
    expectClose(results(x, mask), results(dropped, nil), .matrix)
  }
}
