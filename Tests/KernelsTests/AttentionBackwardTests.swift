import Foundation
import Kernels
import TestSupport
import Testing

@Suite("Attention backwards")
struct AttentionBackwardTests {
  static let shapes = [
    AttentionShape(headCount: 3, keyValueHeadCount: 1, dHead: 7, window: nil),
    AttentionShape(headCount: 4, keyValueHeadCount: 2, dHead: 64, window: nil),
    AttentionShape(headCount: 2, keyValueHeadCount: 2, dHead: 16, window: 5),
    AttentionShape(headCount: 14, keyValueHeadCount: 2, dHead: 20, window: 17),
    AttentionShape(headCount: 9, keyValueHeadCount: 3, dHead: 80, window: nil),
  ]

  @Test("matches the formulas in float64", arguments: shapes)
  func matchesReference(shape: AttentionShape) {
    let sequences = [0..<1, 1..<54, 54..<70]
    let rows = 70
    let (width, keyWidth) = (shape.headCount * shape.dHead, shape.keyValueHeadCount * shape.dHead)
    let q = randomValues(rows * width, seed: 1)
    let k = randomValues(rows * keyWidth, seed: 2)
    let v = randomValues(rows * keyWidth, seed: 3)
    let d = randomValues(rows * width, seed: 4)
    let expected = reference(shape, q, k, v, d, sequences)
    for threads in 1...2 {
      var dq = FloatMatrix(rows: rows, width: width)
      var dk = FloatMatrix(rows: rows, width: keyWidth)
      var dv = FloatMatrix(rows: rows, width: keyWidth)
      shape.attendBackward(
        queries: FloatMatrix(q, width: width), keys: FloatMatrix(k, width: keyWidth),
        values: FloatMatrix(v, width: keyWidth), gradient: FloatMatrix(d, width: width),
        paths: sequences.map { [$0] }, queryGradient: &dq, keyGradient: &dk, valueGradient: &dv,
        threads: threads)
      expectClose(dq.values, expected.0, .kernelGradient, "queries")
      expectClose(dk.values, expected.1, .kernelGradient, "keys")
      expectClose(dv.values, expected.2, .kernelGradient, "values")
    }
  }

  @Test("gives rows that sequences share the sum of what each gives them", arguments: shapes)
  func sharedRows(shape: AttentionShape) {
    let paths = [[0..<21], [0..<21, 21..<40], [0..<21, 21..<30, 40..<41], [0..<5, 41..<62]]
    let rows = 62
    let (width, keyWidth) = (shape.headCount * shape.dHead, shape.keyValueHeadCount * shape.dHead)
    let q = randomValues(rows * width, seed: 1)
    let k = randomValues(rows * keyWidth, seed: 2)
    let v = randomValues(rows * keyWidth, seed: 3)
    let d = randomValues(rows * width, seed: 4)
    var expected = [width, keyWidth, keyWidth].map { [Double](repeating: 0, count: rows * $0) }
    for path in paths {
      // A sequence of its own, of whose outputs those of its own rows alone count.
      let positions = path.flatMap(Array.init)
      func taken(_ values: [Float], _ width: Int) -> [Float] {
        positions.flatMap { values[$0 * width..<($0 + 1) * width] }
      }
      let own = path.last?.count ?? 0
      var gradient = taken(d, width)
      for index in 0..<(positions.count - own) * width { gradient[index] = 0 }
      let found = reference(
        shape, taken(q, width), taken(k, keyWidth), taken(v, keyWidth), gradient,
        [0..<positions.count])
      for (which, (values, width)) in [
        (found.0, width), (found.1, keyWidth), (found.2, keyWidth),
      ].enumerated() {
        for (position, row) in positions.enumerated() {
          for i in 0..<width { expected[which][row * width + i] += values[position * width + i] }
        }
      }
    }
    var first: [[Float]]?
    for threads in 1...3 {
      var dq = FloatMatrix(rows: rows, width: width)
      var dk = FloatMatrix(rows: rows, width: keyWidth)
      var dv = FloatMatrix(rows: rows, width: keyWidth)
      shape.attendBackward(
        queries: FloatMatrix(q, width: width), keys: FloatMatrix(k, width: keyWidth),
        values: FloatMatrix(v, width: keyWidth), gradient: FloatMatrix(d, width: width),
        paths: paths, queryGradient: &dq, keyGradient: &dk, valueGradient: &dv, threads: threads)
      let found = [dq.values, dk.values, dv.values]
      for (found, expected) in zip(found, expected) {
        expectClose(found, expected, .kernelGradient)
      }
      #expect(first == nil || first == found, "\(threads) threads")
      first = found
    }
  }

  @Test("the formulas match central differences")
  func referenceIsRight() {
    let shape = AttentionShape(headCount: 2, keyValueHeadCount: 1, dHead: 4, window: 3)
    let rows = 6
    let (width, keyWidth) = (8, 4)
    let q = randomValues(rows * width, seed: 1)
    let k = randomValues(rows * keyWidth, seed: 2)
    let v = randomValues(rows * keyWidth, seed: 3)
    let d = randomValues(rows * width, seed: 4)
    let sequences = [0..<2, 2..<6]
    let found = reference(shape, q, k, v, d, sequences)
    func slope(_ change: (Double) -> ([Double], [Double], [Double])) -> Double {
      func total(_ step: Double) -> Double {
        let (q, k, v) = change(step)
        return zip(forward(shape, q, k, v, sequences), d).reduce(0) { $0 + $1.0 * Double($1.1) }
      }
      return (total(1e-5) - total(-1e-5)) / 2e-5
    }
    let (dq, dk, dv) = (q.map(Double.init), k.map(Double.init), v.map(Double.init))
    func moved(_ values: [Double], _ index: Int, _ step: Double) -> [Double] {
      var values = values
      values[index] += step
      return values
    }
    for index in q.indices {
      #expect(abs(slope { (moved(dq, index, $0), dk, dv) } - found.0[index]) < 1e-8)
    }
    for index in k.indices {
      #expect(abs(slope { (dq, moved(dk, index, $0), dv) } - found.1[index]) < 1e-8)
      #expect(abs(slope { (dq, dk, moved(dv, index, $0)) } - found.2[index]) < 1e-8)
    }
  }

  /// One head's pattern for one row.
  private func pattern(
    _ shape: AttentionShape, _ q: [Double], _ k: [Double], row: Int, first: Int, head: Int
  ) -> (seen: ClosedRange<Int>, weights: [Double]) {
    let group = shape.headCount / shape.keyValueHeadCount
    let seen = max(first, row + 1 - (shape.window ?? row + 1))...row
    let weights = seen.map { key in
      exp(
        (0..<shape.dHead).reduce(0.0) {
          $0 + q[(row * shape.headCount + head) * shape.dHead + $1]
            * k[(key * shape.keyValueHeadCount + head / group) * shape.dHead + $1]
        } / Double(shape.dHead).squareRoot())
    }
    let total = weights.reduce(0, +)
    return (seen, weights.map { $0 / total })
  }

  private func forward(
    _ shape: AttentionShape, _ q: [Double], _ k: [Double], _ v: [Double], _ sequences: [Range<Int>]
  ) -> [Double] {
    var output = q.map { _ in 0.0 }
    let group = shape.headCount / shape.keyValueHeadCount
    for sequence in sequences {
      for row in sequence {
        for head in 0..<shape.headCount {
          let (seen, weights) = pattern(
            shape, q, k, row: row, first: sequence.lowerBound, head: head)
          for (key, weight) in zip(seen, weights) {
            for i in 0..<shape.dHead {
              output[(row * shape.headCount + head) * shape.dHead + i] +=
                weight * v[(key * shape.keyValueHeadCount + head / group) * shape.dHead + i]
            }
          }
        }
      }
    }
    return output
  }

  private func reference(
    _ shape: AttentionShape, _ queries: [Float], _ keys: [Float], _ values: [Float],
    _ gradient: [Float], _ sequences: [Range<Int>]
  ) -> ([Double], [Double], [Double]) {
    let (q, k, v) = (queries.map(Double.init), keys.map(Double.init), values.map(Double.init))
    let d = gradient.map(Double.init)
    var (dq, dk, dv) = (q.map { _ in 0.0 }, k.map { _ in 0.0 }, v.map { _ in 0.0 })
    let group = shape.headCount / shape.keyValueHeadCount
    let scale = 1 / Double(shape.dHead).squareRoot()
    for sequence in sequences {
      for row in sequence {
        for head in 0..<shape.headCount {
          let (seen, weights) = pattern(
            shape, q, k, row: row, first: sequence.lowerBound, head: head)
          let at = (row * shape.headCount + head) * shape.dHead
          func place(_ key: Int) -> Int {
            (key * shape.keyValueHeadCount + head / group) * shape.dHead
          }
          let products = seen.map { key in
            (0..<shape.dHead).reduce(0.0) { $0 + d[at + $1] * v[place(key) + $1] }
          }
          let mean = zip(weights, products).reduce(0) { $0 + $1.0 * $1.1 }
          for (index, key) in seen.enumerated() {
            let score = weights[index] * (products[index] - mean) * scale
            for i in 0..<shape.dHead {
              dv[place(key) + i] += weights[index] * d[at + i]
              dq[at + i] += score * k[place(key) + i]
              dk[place(key) + i] += score * q[at + i]
            }
          }
        }
      }
    }
    return (dq, dk, dv)
  }
}
