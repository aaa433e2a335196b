import Foundation
import Kernels
import TestSupport
import Testing

@Suite("Causal attention")
struct CausalAttentionTests {
  static let shapes = [
    AttentionShape(headCount: 3, keyValueHeadCount: 1, dHead: 7, window: nil),
    AttentionShape(headCount: 4, keyValueHeadCount: 2, dHead: 64, window: nil),
    AttentionShape(headCount: 2, keyValueHeadCount: 2, dHead: 16, window: 5),
    AttentionShape(headCount: 14, keyValueHeadCount: 2, dHead: 20, window: nil),
  ]

  /// Random queries, keys and values, with the keys and values stored in runs of rows.
  private struct Inputs: ~Copyable {
    let queries: FloatMatrix
    let keys: FloatMatrix
    let values: FloatMatrix
    let context: AttentionContext

    init(_ shape: AttentionShape, positions: Int, runs: [Range<Int>]) {
      let width = shape.headCount * shape.dHead
      let keyWidth = shape.keyValueHeadCount * shape.dHead
      queries = FloatMatrix(randomValues(positions * width, seed: 1), width: width)
      keys = FloatMatrix(randomValues(positions * keyWidth, seed: 2), width: keyWidth)
      values = FloatMatrix(randomValues(positions * keyWidth, seed: 3), width: keyWidth)
      let store = KeyValues(shape, rowCapacity: runs.map(\.upperBound).max() ?? 0)
      var position = 0
      for run in runs {
        let rows = position..<position + run.count
        store.store(keys: keys, values: values, rows: rows, at: run.lowerBound)
        position += run.count
      }
      context = AttentionContext(store, rows: runs)
    }
  }

  /// The outputs of the last `count` positions.
  private func attend(
    _ shape: AttentionShape, _ inputs: borrowing Inputs, last count: Int
  ) -> [Float] {
    let positions = inputs.context.positionCount
    var scratch = FloatMatrix(rows: shape.scratchCount(positions: positions), width: 1)
    var output = FloatMatrix(rows: positions, width: shape.headCount * shape.dHead)
    shape.attend(
      queries: inputs.queries, [positions - count..<positions], to: [inputs.context],
      scratch: &scratch, into: &output)
    return Array(output.values.suffix(count * shape.headCount * shape.dHead))
  }

  @Test("matches a float64 reference", arguments: shapes)
  func matchesReference(shape: AttentionShape) {
    let count = 53
    let inputs = Inputs(shape, positions: count, runs: [0..<count])
    expectClose(
      attend(shape, inputs, last: count),
      reference(
        shape, inputs.queries.values, inputs.keys.values, inputs.values.values, count: count),
      .kernel)
  }

  @Test("gives the same bits step by step as in one go", arguments: shapes)
  func stepsAgree(shape: AttentionShape) {
    let count = 20
    let inputs = Inputs(shape, positions: count, runs: [0..<count])
    var scores = FloatMatrix(rows: shape.headCount * count, width: count)
    var stepwise = FloatMatrix(rows: count, width: shape.headCount * shape.dHead)
    shape.scores(queries: inputs.queries, rows: 0..<count, to: inputs.context, into: &scores)
    shape.softmax(&scores, queries: count, firstPosition: 0)
    shape.mix(pattern: scores, rows: 0..<count, of: inputs.context, into: &stepwise)
    #expect(attend(shape, inputs, last: count) == stepwise.values)
  }

  @Test("gives a late query the same bits whether or not earlier ones are computed with it")
  func cachedDecodingAgrees() {
    let shape = Self.shapes[1]
    let inputs = Inputs(shape, positions: 12, runs: [0..<12])
    let late = attend(shape, inputs, last: 3)
    #expect(late == attend(shape, inputs, last: 12).suffix(late.count))
  }

  @Test("gives the same bits wherever the rows of earlier positions lie", arguments: shapes)
  func runsDoNotMatter(shape: AttentionShape) {
    let count = 53
    let whole = attend(
      shape, Inputs(shape, positions: count, runs: [0..<count]), last: count)
    for runs in [[5..<58], [100..<101, 0..<37, 64..<79], [3..<19, 40..<41, 17..<17, 47..<83]] {
      #expect(attend(shape, Inputs(shape, positions: count, runs: runs), last: count) == whole)
    }
  }

  private func reference(
    _ shape: AttentionShape, _ queries: [Float], _ keys: [Float], _ values: [Float], count: Int
  ) -> [Double] {
    let dHead = shape.dHead
    let group = shape.headCount / shape.keyValueHeadCount
    func at(_ array: [Float], _ row: Int, _ heads: Int, _ head: Int, _ column: Int) -> Double {
      Double(array[(row * heads + head) * dHead + column])
    }
    var output: [Double] = []
    for row in 0..<count {
      for head in 0..<shape.headCount {
        let seen = max(0, row + 1 - (shape.window ?? count))...row
        let weights = seen.map { key in
          exp(
            (0..<dHead).reduce(0.0) {
              $0 + at(queries, row, shape.headCount, head, $1)
                * at(keys, key, shape.keyValueHeadCount, head / group, $1)
            } / Double(dHead).squareRoot())
        }
        let total = weights.reduce(0, +)
        for column in 0..<dHead {
          output.append(
            zip(seen, weights).reduce(0.0) {
              $0 + $1.1 / total * at(values, $1.0, shape.keyValueHeadCount, head / group, column)
            })
        }
      }
    }
    return output
  }
}

@Suite("Rotary embedding")
struct RotaryTableTests {
  @Test("rotates pairs of channels by position times frequency")
  func matchesReference() {
    let frequencies: [Float] = [1, 0.1, 0.003]
    let input = randomValues(4 * 2 * 6, seed: 7)
    var table = RotaryTable(frequencies: frequencies)
    table.cover(positions: 104)
    var matrix = FloatMatrix(input, width: 12)
    table.rotate(&matrix, [(rows: 0..<4, firstPosition: 100)])
    var expected = input.map(Double.init)
    for row in 0..<4 {
      for head in 0..<2 {
        for pair in 0..<3 {
          let first = row * 12 + head * 6 + pair
          let angle = Double(Float(100 + row) * frequencies[pair])
          let (a, b) = (Double(input[first]), Double(input[first + 3]))
          expected[first] = a * cos(angle) - b * sin(angle)
          expected[first + 3] = b * cos(angle) + a * sin(angle)
        }
      }
    }
    expectClose(matrix.values, expected, .kernel)
  }
}
