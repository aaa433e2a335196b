import Foundation
import Kernels
import TestSupport
import Testing

/// Widths that are no multiple of any vector length.
private let awkwardWidths = [1, 7, 33, 255, 576]

@Suite("RMS norm")
struct NormalizationTests {
  @Test("matches the float64 reference at odd widths", arguments: awkwardWidths)
  func matchesReference(width: Int) {
    let rows = 5
    let input = randomValues(rows * width, seed: 1)
    let weight = randomValues(width, seed: 2)
    var output = FloatMatrix(rows: rows, width: width)
    rmsNormalize(FloatMatrix(input, width: width), rows: rows, epsilon: 1e-5, into: &output)
    scaleRows(&output, rows: rows, by: weight)

    var expected: [Double] = []
    for row in 0..<rows {
      let values = input[row * width..<(row + 1) * width].map(Double.init)
      let scale = 1 / sqrt(values.reduce(0) { $0 + $1 * $1 } / Double(width) + 1e-5)
      expected += zip(values, weight).map { $0 * scale * Double($1) }
    }
    expectClose(output.values, expected, .kernel)
  }

  @Test("normalizes each head by itself")
  func headsAreIndependent() {
    let dHead = 6
    let input = randomValues(4 * 3 * dHead, seed: 5)
    let weight = randomValues(dHead, seed: 6)
    var heads = FloatMatrix(input, width: 3 * dHead)
    rmsNormalizeHeads(&heads, rows: 4, weight: weight, epsilon: 1e-6)
    var rows = FloatMatrix(rows: 12, width: dHead)
    rmsNormalize(FloatMatrix(input, width: dHead), rows: 12, epsilon: 1e-6, into: &rows)
    scaleRows(&rows, rows: 12, by: weight)
    #expect(heads.values == rows.values)
  }
}

@Suite("Row arithmetic")
struct RowArithmeticTests {
  @Test("gates by SiLU over the whole range of floats", arguments: awkwardWidths)
  func gatedSiLU(width: Int) {
    let gate = randomValues(width, seed: 3).map { $0 * 40 }
    let linear = randomValues(width, seed: 4)
    var output = FloatMatrix(gate, width: width)
    gateSiLU(&output, with: FloatMatrix(linear, width: width), rows: 1)
    let expected = zip(gate, linear).map { Double($0) / (1 + exp(-Double($0))) * Double($1) }
    expectClose(output.values, expected, .kernel)
  }

  @Test("stays finite for gates of any size")
  func extremeGates() {
    let gate: [Float] = [-1e30, -200, -88, 0, 88, 200, 1e30]
    var output = FloatMatrix(gate, width: gate.count)
    gateSiLU(&output, with: FloatMatrix([Float](repeating: 1, count: 7), width: 7), rows: 1)
    #expect(output.values.allSatisfy { $0.isFinite })
    #expect(Array(output.values[3...]) == [0, 88, 200, 1e30])
  }

  @Test("adds biases and matrices row by row")
  func adds() {
    var target = FloatMatrix([1, 2, 3, 4], width: 2)
    addBias([10, 20], to: &target, rows: 2)
    add(FloatMatrix([100, 100, 100, 100], width: 2), to: &target, rows: 1)
    #expect(target.values == [111, 122, 13, 24])
  }
}
