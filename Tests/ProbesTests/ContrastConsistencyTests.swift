import Kernels
import Probes
import Testing

@Suite("Contrast-consistent search")
struct ContrastConsistencyTests {
  static let training = Array(0..<150)
  static let test = Array(150..<250)

  /// Pairs whose two sides differ by a side mark, share a topic, and say opposite things.
  struct Pairs: ~Copyable {
    let first: DoubleMatrix
    let second: DoubleMatrix
    let labels: [Int]

    init(seed: UInt64, signal: Double) {
      var random = TestGenerator(seed)
      let labels = (0..<250).map { _ in random.uniform() < 0.5 ? 0 : 1 }
      let topics = DoubleMatrix(rows: 250, columns: 8) { _, _ in 0.5 * random.normal() }
      func side(_ sign: Double) -> DoubleMatrix {
        DoubleMatrix(rows: 250, columns: 8) { row, column in
          var value = topics.row(row)[column] + 0.5 * random.normal()
          if column == 0 { value += 5 * sign }
          if column == 3 { value += sign * signal * Double(2 * labels[row] - 1) }
          return value
        }
      }
      first = side(1)
      second = side(-1)
      self.labels = labels
    }

    func area(labels: [Int]) throws -> Double {
      let probe = ContrastProbe(
        first: first, second: second, rows: training, labels: labels,
        options: ContrastOptions(restarts: 6))
      let scores = probe.scores(first: first, second: second)
      return try #require(
        areaUnderROC(scores: test.map { scores[$0] }, labels: test.map { labels[$0] }))
    }
  }

  @Test("recovers a planted truth without looking at labels", arguments: [1, 2, 3] as [UInt64])
  func planted(_ seed: UInt64) throws {
    let pairs = Pairs(seed: seed, signal: 2)
    #expect(try pairs.area(labels: pairs.labels) > 0.95)
  }

  @Test("takes only the sign from the labels")
  func sign() {
    let pairs = Pairs(seed: 1, signal: 2)
    let turned = pairs.labels.map { 1 - $0 }
    let one = ContrastProbe(
      first: pairs.first, second: pairs.second, rows: Self.training, labels: pairs.labels,
      options: ContrastOptions(restarts: 2))
    let other = ContrastProbe(
      first: pairs.first, second: pairs.second, rows: Self.training, labels: turned,
      options: ContrastOptions(restarts: 2))
    #expect(one.loss == other.loss)
    #expect(one.isFlipped != other.isFlipped)
    let scores = one.scores(first: pairs.first, second: pairs.second)
    let opposite = other.scores(first: pairs.first, second: pairs.second)
    for (score, expected) in zip(opposite, scores) {
      expectClose(score, -expected, within: Tolerance.rounding, scale: 1)
    }
  }

  @Test("finds nothing in noise")
  func noise() throws {
    let areas = try (10..<20).map { seed -> Double in
      let pairs = Pairs(seed: UInt64(seed), signal: 0)
      return try pairs.area(labels: pairs.labels)
    }
    // The standard error of one area is 0.058 with 100 pairs, so of the mean of ten 0.018.
    #expect(abs(areas.reduce(0, +) / Double(areas.count) - 0.5) < 0.07)
  }
}
