import Kernels
import Probes
import Testing

@Suite("Attention probe")
struct AttentionProbeTests {
  static let prompts = 360
  static let training = Array(0..<180)
  static let keptAside = Array(180..<240)
  static let test = Array(240..<360)

  /// Prompts of 4 to 12 noisy positions, of which one is marked.
  struct Planted: ~Copyable {
    let features: PositionedRows
    let labels: [Int]

    /// `everywhere` says the class at every position, `marked` only at the marked one.
    init(seed: UInt64, everywhere: Double, marked: Double) {
      var random = TestGenerator(seed)
      var ranges: [Range<Int>] = []
      var values: [Float] = []
      labels = (0..<prompts).map { _ in random.uniform() < 0.5 ? 0 : 1 }
      for label in labels {
        let first = ranges.last?.upperBound ?? 0
        let count = 4 + Int(random.uniform() * 9)
        ranges.append(first..<first + count)
        let place = Int(random.uniform() * Double(count))
        for position in 0..<count {
          var row = (0..<6).map { _ in random.normal() }
          let sign = Double(2 * label - 1)
          if position == place {
            row[0] += 4
            row[1] = sign * marked + 0.3 * row[1]
          }
          row[2] += sign * everywhere
          values += row.map(Float.init)
        }
      }
      features = PositionedRows(DoubleMatrix(values, width: 6), prompts: ranges)
    }

    func area(_ scores: [Double]) throws -> Double {
      try #require(
        areaUnderROC(scores: test.map { scores[$0] }, labels: test.map { labels[$0] }))
    }

    func twinArea() throws -> Double {
      let means = features.means()
      let training = LogisticPath(
        means, rows: AttentionProbeTests.training, labels: labels, isScaled: true)
      return try area(training.fit(penalty: 1)[0].probe.scores(means))
    }

    func area(heads: Int) throws -> Double {
      let probe = try AttentionProbe(
        features, prompts: training, keptAside: keptAside, labels: labels, heads: heads)
      return try area(probe.scores(features))
    }
  }

  @Test("finds the one position that says it, which the mean drowns", arguments: [1, 2, 4])
  func planted(_ heads: Int) throws {
    let data = Planted(seed: 1, everywhere: 0, marked: 1)
    let (area, twin) = (try data.area(heads: heads), try data.twinArea())
    #expect(area > 0.93)
    #expect(twin < 0.8)
  }

  @Test("is no better than its linear twin when every position says the same")
  func everywhere() throws {
    let data = Planted(seed: 2, everywhere: 0.35, marked: 0)
    let (area, twin) = (try data.area(heads: 1), try data.twinArea())
    #expect(area < twin + 0.02)
    #expect(area > twin - 0.05)
  }

  @Test("scores a prompt the same whatever stands beside it")
  func alone() throws {
    let data = Planted(seed: 3, everywhere: 0.3, marked: 1)
    let probe = try AttentionProbe(
      data.features, prompts: Self.training, keptAside: [], labels: data.labels, heads: 2,
      options: GradientOptions(steps: 10))
    let all = probe.scores(data.features)
    let positions = data.features.prompts[7]
    let one = DoubleMatrix(rows: positions.count, columns: 6) {
      data.features.values.row(positions.lowerBound + $0)[$1]
    }
    let alone = probe.scores(PositionedRows(one, prompts: [0..<positions.count]))
    expectClose(alone[0], all[7], within: Tolerance.rounding, scale: 1)
  }
}
