import Kernels
import Probes
import Testing

@Suite("Derivatives of losses")
struct GradientTests {
  /// Central differences with this step are right to its square, and rounding leaves about as much.
  static let step = 1e-5
  static let tolerance = 1e-7

  static func expectDerivatives(
    _ slope: Slope, at parameters: [Double], sourceLocation: SourceLocation = #_sourceLocation,
    loss: ([Double]) -> Double
  ) {
    #expect(slope.derivatives.count == parameters.count, sourceLocation: sourceLocation)
    expectClose(
      slope.loss, loss(parameters), within: Tolerance.rounding, "loss",
      sourceLocation: sourceLocation)
    let scale = slope.derivatives.reduce(0) { max($0, abs($1)) }
    for index in parameters.indices {
      var (above, below) = (parameters, parameters)
      above[index] += step
      below[index] -= step
      expectClose(
        slope.derivatives[index], (loss(above) - loss(below)) / (2 * step), within: tolerance,
        scale: max(scale, 1), "parameter \(index)", sourceLocation: sourceLocation)
    }
  }

  static func moved(_ start: [Double], _ random: inout TestGenerator) -> [Double] {
    start.map { $0 + 0.3 * random.normal() }
  }

  @Test("of the MLP are those of its loss")
  func mlp() {
    var random = TestGenerator(1)
    let rows = DoubleMatrix(rows: 9, columns: 5) { _, _ in random.normal() }
    let loss = MLPLoss(rows, labels: (0..<9).map { $0 % 2 }, units: 6, decay: 0.2)
    let parameters = Self.moved(loss.start(seed: 4), &random)
    Self.expectDerivatives(loss.slope(at: parameters), at: parameters) {
      loss.slope(at: $0).loss
    }
    expectClose(
      loss.loss(at: parameters), loss.slope(at: parameters).loss, within: Tolerance.rounding)
  }

  @Test("of the attention probe are those of its loss", arguments: [1, 3])
  func attention(_ heads: Int) {
    var random = TestGenerator(2)
    let values = DoubleMatrix(rows: 14, columns: 4) { _, _ in random.normal() }
    let loss = AttentionLoss(
      PositionedRows(values, prompts: [0..<3, 3..<4, 4..<9, 9..<14]), labels: [1, 0, 0, 1],
      heads: heads, decay: 0.1)
    let twin = LinearProbe(weights: [0.5, -1, 0.2, 0], bias: 0.1)
    let parameters = Self.moved(loss.start(from: twin, seed: 4), &random)
    Self.expectDerivatives(loss.slope(at: parameters), at: parameters) { loss.loss(at: $0) }
  }

  @Test("of contrast consistency are those of its loss")
  func contrast() {
    var random = TestGenerator(3)
    let decay = 0.05
    let loss = ContrastLoss(
      first: DoubleMatrix(rows: 11, columns: 5) { _, _ in random.normal() },
      second: DoubleMatrix(rows: 11, columns: 5) { _, _ in random.normal() }, starts: 3,
      decay: decay)
    let parameters = Self.moved(loss.start(seed: 4), &random)
    Self.expectDerivatives(loss.slope(at: parameters), at: parameters) { parameters in
      let squares = parameters.dropLast(3).reduce(0) { $0 + $1 * $1 }
      return loss.inconsistencies(at: parameters).reduce(0, +) + decay * squares / 2
    }
  }
}
