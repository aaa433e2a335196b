import Foundation
import Kernels
import TestSupport
import Testing

/// Backward kernels against central differences of float64 forwards.
@Suite("Backward kernels")
struct BackwardKernelTests {
  /// Central differences in double: the step's square and the rounding of the function over the step.
  private static let tolerance = Tolerance.kernelGradient

  /// The derivative of `Σ weights × function(inputs)` by every input.
  private func differences(
    _ inputs: [Float], _ weights: [Float], _ function: ([Double]) -> [Double]
  ) -> [Double] {
    var values = inputs.map(Double.init)
    let step = 1e-5
    func total() -> Double {
      zip(function(values), weights).reduce(0) { $0 + $1.0 * Double($1.1) }
    }
    return values.indices.map { index in
      let value = values[index]
      values[index] = value + step
      let above = total()
      values[index] = value - step
      let below = total()
      values[index] = value
      return (above - below) / (2 * step)
    }
  }

  private func normalized(_ row: ArraySlice<Double>, epsilon: Float) -> [Double] {
    let mean = row.reduce(0) { $0 + $1 * $1 } / Double(row.count) + Double(epsilon)
    return row.map { $0 / mean.squareRoot() }
  }

  @Test("root mean square norm", arguments: [1, 7, 33, 255], [1, 2])
  func norm(width: Int, threads: Int) {
    let rows = 3
    let x = randomValues(rows * width, seed: 1)
    let d = randomValues(rows * width, seed: 2)
    let start = randomValues(rows * width, seed: 3)
    var found = FloatMatrix(start, width: width)
    rmsNormalizeBackward(
      FloatMatrix(x, width: width), gradient: FloatMatrix(d, width: width), rows: rows,
      epsilon: 1e-2, addingTo: &found, threads: threads)
    let expected = differences(x, d) { values in
      (0..<rows).flatMap {
        normalized(values[$0 * width..<($0 + 1) * width], epsilon: 1e-2)
      }
    }
    expectClose(found.values, zip(expected, start).map { $0 + Double($1) }, Self.tolerance)
  }

  @Test("learned weight of a norm", arguments: [1, 2])
  func weight(threads: Int) {
    let (rows, width) = (130, 70)
    let x = randomValues(rows * width, seed: 1)
    let d = randomValues(rows * width, seed: 2)
    var found = FloatMatrix(rows: 1, width: width)
    scaleRowsBackward(
      FloatMatrix(x, width: width), gradient: FloatMatrix(d, width: width), rows: rows,
      addingTo: &found, threads: threads)
    let expected = differences(randomValues(width, seed: 4), d) { weight in
      x.indices.map { Double(x[$0]) * weight[$0 % width] }
    }
    expectClose(found.values, expected, Self.tolerance)
  }

  @Test("norm of heads with its weight")
  func headNorm() {
    let (rows, heads, dHead) = (5, 3, 10)
    let width = heads * dHead
    let x = randomValues(rows * width, seed: 1)
    let d = randomValues(rows * width, seed: 2)
    let weight = randomValues(dHead, seed: 3)
    func forward(_ x: [Double], _ weight: [Double]) -> [Double] {
      (0..<rows * heads).flatMap { head in
        zip(normalized(x[head * dHead..<(head + 1) * dHead], epsilon: 1e-3), weight).map { $0 * $1 }
      }
    }
    let owner = Gradient(width: dHead)
    var found = FloatMatrix(d, width: width)
    rmsNormalizeHeadsBackward(
      FloatMatrix(x, width: width), gradient: &found, rows: rows, weight: weight, epsilon: 1e-3,
      addingTo: owner, threads: 2)
    expectClose(
      found.values, differences(x, d) { forward($0, weight.map(Double.init)) }, Self.tolerance)
    expectClose(
      owner.values.values, differences(weight, d) { forward(x.map(Double.init), $0) },
      Self.tolerance)
  }

  @Test("gated nonlinearity", arguments: [1, 7, 33, 255])
  func gate(width: Int) {
    let g = randomValues(width, seed: 1).map { 4 * $0 }
    let l = randomValues(width, seed: 2)
    let d = randomValues(width, seed: 3)
    func forward(_ g: [Double], _ l: [Double]) -> [Double] {
      zip(g, l).map { $0 / (1 + exp(-$0)) * $1 }
    }
    var gate = FloatMatrix(g, width: width)
    var linear = FloatMatrix(l, width: width)
    var hidden = FloatMatrix(d, width: width)
    gateSiLUBackward(&gate, &linear, gradient: &hidden, rows: 1)
    expectClose(
      gate.values, differences(g, d) { forward($0, l.map(Double.init)) }, Self.tolerance)
    expectClose(
      linear.values, differences(l, d) { forward(g.map(Double.init), $0) }, Self.tolerance)
    expectClose(
      hidden.values, forward(g.map(Double.init), l.map(Double.init)), Self.tolerance)
  }

  @Test("rotation back is the rotation's inverse and transpose")
  func rotation() {
    var table = RotaryTable(frequencies: [1, 0.1, 0.003])
    table.cover(positions: 200)
    let x = randomValues(90 * 12, seed: 1)
    var matrix = FloatMatrix(x, width: 12)
    table.rotate(&matrix, rows: 0..<90, firstPosition: 40, threads: 2)
    table.rotateBack(&matrix, rows: 0..<90, firstPosition: 40, threads: 2)
    expectClose(matrix.values, x, .kernel)
  }

  @Test("bias")
  func bias() {
    let (rows, width) = (67, 130)
    let d = randomValues(rows * width, seed: 1)
    var found = FloatMatrix(rows: 1, width: width)
    addBiasBackward(FloatMatrix(d, width: width), rows: rows, addingTo: &found, threads: 2)
    expectClose(
      found.values,
      (0..<width).map { column in
        (0..<rows).reduce(0.0) { $0 + Double(d[$1 * width + column]) }
      }, .kernel)
  }

  @Test("cross-entropy", arguments: [1, 7, 33, 4099])
  func crossEntropyOfLogits(width: Int) {
    let x = randomValues(2 * width, seed: 1).map { 5 * $0 }
    let tokens: [Int32] = [0, Int32(width - 1)]
    let slopes: [Float] = [0.7, -1.5]
    func losses(_ x: [Double]) -> [Double] {
      tokens.indices.map { row in
        let logits = x[row * width..<(row + 1) * width]
        let top = logits.max() ?? 0
        return log(logits.reduce(0) { $0 + exp($1 - top) }) + top
          - logits[row * width + Int(tokens[row])]
      }
    }
    var logits = FloatMatrix(x, width: width)
    let forward = crossEntropy(logits, tokens: tokens[...], threads: 2)
    let found = crossEntropyBackward(
      &logits, tokens: tokens[...], slopes: slopes[...], threads: 2)
    #expect(found == forward)
    // The exponential's own error.
    for (loss, expected) in zip(found, losses(x.map(Double.init))) {
      #expect(abs(loss - expected) <= 2e-7 * max(1, expected))
    }
    if width < 100 {
      expectClose(logits.values, differences(x, slopes, losses), Self.tolerance)
    } else {
      let sums = (0..<2).map { row in logits.values[row * width..<(row + 1) * width].reduce(0, +) }
      for (sum, slope) in zip(sums, slopes) { #expect(abs(sum) <= 1e-5 * abs(slope)) }
    }
  }

  private final class Gradient: TensorGradient, @unchecked Sendable {
    // Sendable: one test uses it on one thread.
    var values: FloatMatrix
    init(width: Int) { values = FloatMatrix(rows: 1, width: width) }
    func withGradient(_ body: (inout FloatMatrix) -> Void) { body(&values) }
  }
}

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
        sequences: sequences, queryGradient: &dq, keyGradient: &dk, valueGradient: &dv,
        threads: threads)
      expectClose(dq.values, expected.0, .kernelGradient, "queries")
      expectClose(dk.values, expected.1, .kernelGradient, "keys")
      expectClose(dv.values, expected.2, .kernelGradient, "values")
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
