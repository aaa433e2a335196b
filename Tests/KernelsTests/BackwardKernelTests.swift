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
    let sequences = [(rows: 0..<70, firstPosition: 40), (rows: 70..<90, firstPosition: 0)]
    table.rotate(&matrix, sequences, threads: 2)
    table.rotateBack(&matrix, sequences, threads: 2)
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
