import Kernels
import Probes
import Testing

@Suite("MLP probe")
struct MLPProbeTests {
  static let rows = 600
  static let training = Array(0..<300)
  static let keptAside = Array(300..<400)
  static let test = Array(400..<600)

  /// Rows of noise, and a class that their components decide.
  struct Planted: ~Copyable {
    let features: DoubleMatrix
    let labels: [Int]

    init(seed: UInt64, label: (_ row: Span<Double>, _ noise: Double) -> Bool) {
      var random = TestGenerator(seed)
      let features = DoubleMatrix(rows: rows, columns: 6) { _, _ in random.normal() }
      labels = (0..<rows).map { label(features.row($0), random.normal()) ? 1 : 0 }
      self.features = features
    }

    func area(_ scores: [Double]) throws -> Double {
      try #require(
        areaUnderROC(scores: test.map { scores[$0] }, labels: test.map { labels[$0] }))
    }

    func linearArea() throws -> Double {
      let training = LogisticPath(
        features, rows: MLPProbeTests.training, labels: labels, isScaled: true)
      return try area(training.fit(penalty: 1)[0].probe.scores(features))
    }

    func area(seed: UInt64 = 0) throws -> Double {
      let probe = MLPProbe(
        features, rows: training, keptAside: keptAside, labels: labels,
        options: GradientOptions(seed: seed))
      return try area(probe.scores(features))
    }
  }

  @Test("decodes an exclusive or, which its linear twin cannot")
  func exclusiveOr() throws {
    let data = Planted(seed: 1) { row, noise in row[0] * row[1] + 0.1 * noise > 0 }
    let (area, linear) = (try data.area(), try data.linearArea())
    #expect(area > 0.9)
    #expect(linear < 0.65)
  }

  @Test("is no better than its linear twin on a linear truth")
  func linear() throws {
    let data = Planted(seed: 2) { row, noise in row[0] - row[1] + noise > 0 }
    let (area, linear) = (try data.area(), try data.linearArea())
    #expect(area < linear + 0.01)
    #expect(area > linear - 0.05)
  }

  @Test("stops before it learns noise by heart")
  func earlyStop() {
    let data = Planted(seed: 3) { _, noise in noise > 0 }
    func size(keptAside: [Int]) -> Double {
      let probe = MLPProbe(
        data.features, rows: Self.training, keptAside: keptAside, labels: data.labels)
      let scores = probe.scores(data.features)
      return Self.test.reduce(0) { $0 + abs(scores[$1]) } / Double(Self.test.count)
    }
    let (stopped, whole) = (size(keptAside: Self.keptAside), size(keptAside: []))
    #expect(stopped < 0.5)
    #expect(whole > 2 * stopped)
  }

  @Test("is the same whenever the seed is, and looks at no label of other rows")
  func seeds() {
    let data = Planted(seed: 4) { row, _ in row[0] > 0 }
    let others = (0..<Self.rows).map {
      Self.test.contains($0) ? 1 - data.labels[$0] : data.labels[$0]
    }
    func scores(_ labels: [Int], seed: UInt64) -> [Double] {
      MLPProbe(
        data.features, rows: Self.training, keptAside: Self.keptAside, labels: labels,
        options: GradientOptions(steps: 20, seed: seed)
      ).scores(data.features)
    }
    let first = scores(data.labels, seed: 5)
    #expect(first == scores(others, seed: 5))
    #expect(first != scores(data.labels, seed: 6))
  }
}
