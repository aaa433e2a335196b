import Foundation
import Kernels
import Probes
import Reports
import Testing

@Suite("Probes of numbers")
struct RegressionProbesTests {
  static let options = RegressionOptions(seed: 3, draws: 200)

  /// Numbers in 30 groups, which layer 1 has along two components with noise as large as `noise`.
  static func planted(
    noise: Double, rows: Int = 240, tokens: ((Int, [Double]) -> [Int32])? = nil
  ) -> (dataset: ProbeDataset, values: [Double]) {
    var random = TestGenerator(31)
    let values = (0..<rows).map { _ in 2000 + 10 * random.normal() }
    var toy = Toy(
      rows: rows, groups: 30,
      tokens: { row in
        tokens?(row, values) ?? (0..<3 + random.next() % 5).map { _ in Int32(random.next() % 50) }
      },
      labelOf: { _, _ in 0 })
    for layer in 0..<3 {
      toy.add(layer: layer, width: 8) { row, column in
        let truth = (values[row] - 2000) / 10
        return layer == 1 && column < 2
          ? truth + noise * random.normal() : random.normal()
      }
    }
    return (toy.dataset, values)
  }

  @Test("finds where a number is, and how much of it")
  func plantedNumber() throws {
    let (dataset, values) = Self.planted(noise: 0.5)
    let run = try runRegressionProbes(
      dataset, values: values, options: Self.options, threads: 2)
    let best = try #require(run.analysis.cells.first)
    #expect(best.cell.layer == 1)
    // Two components with noise of variance 1/4 leave 1/8 around a truth of variance 1: R² = 8/9.
    let rSquared = try #require(best.figures.rSquared)
    expectClose(rSquared.value, 8.0 / 9, within: 0.04)
    #expect(rSquared.low <= rSquared.value && rSquared.value <= rSquared.high)
    // The mean distance of a normal error is √(2/π) of its deviation, 10 / 3.
    expectClose(
      best.figures.meanAbsoluteError?.value ?? 0, 10.0 / 3 * (2 / Double.pi).squareRoot(),
      within: 0.15)
    #expect(try #require(best.figures.spearman).value > 0.9)
    let headline = try #require(run.analysis.headline)
    #expect(headline.choices.allSatisfy { $0.cell == "resid_post.layer_01.last" })
    #expect(try #require(headline.figures.gain).low > 0)
    // The probe's score is the number itself.
    let row = try dataset.features(dataset.cells[1]).prefix(8)
    expectClose(run.probes[1].score(row), values[0], within: 0.01)
  }

  @Test("finds nothing in noise, and is no better than the mean")
  func noise() throws {
    let dataset = Self.planted(noise: 0.5).dataset
    var random = TestGenerator(77)
    let values = dataset.prompts.map { _ in random.normal() }
    let run = try runRegressionProbes(
      dataset, values: values, options: Self.options, threads: 2)
    let figures = try #require(run.analysis.headline?.figures)
    #expect(try #require(figures.rSquared).value < 0.05)
    #expect(try #require(figures.gain).low < 0)
    let mean = try #require(run.analysis.baselines.first?.figures)
    #expect(mean.spearman == nil)
    let rSquared = try #require(mean.rSquared).value
    #expect(rSquared <= 0 && rSquared > -0.05)
  }

  @Test("length that gives the number away leaves no gain")
  func length() throws {
    let (dataset, values) = Self.planted(noise: 0.5) { row, values in
      [Int32](repeating: 3, count: max(1, Int(values[row]) - 1950))
    }
    // One token again and again makes all prompts near-duplicates.
    var options = Self.options
    options.keepsNearDuplicates = true
    let run = try runRegressionProbes(dataset, values: values, options: options, threads: 2)
    #expect(run.analysis.bestBaseline == .length)
    #expect(try #require(run.analysis.headline?.figures.gain).value < 0)
  }

  @Test("does not depend on threads, and writes pages and JSON that read back")
  func reports() throws {
    let (dataset, values) = Self.planted(noise: 1)
    let runs = try [1, 2].map {
      try runRegressionProbes(dataset, values: values, options: Self.options, threads: $0)
    }
    #expect(runs[0].analysis == runs[1].analysis)
    let report = OutcomeReport(runs[0], origin: .example, toolVersion: "0.0.0")
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let bytes = try report.json()
    #expect(
      try decoder.decode(OutcomeReport<RegressionAnalysis>.self, from: Data(bytes)) == report)
    #expect(report.markdown.contains("decodes the number with R²"))
    for line in report.terminalText.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
  }

  @Test("drops near-duplicates of one number, and never splits those of different ones")
  func nearDuplicates() throws {
    let (dataset, numbers) = Self.planted(noise: 1) { row, _ in Toy.tokensRepeating(row) }
    var values = numbers
    for row in 210..<219 { values[row] = values[row - 179] }
    let sample = try runRegressionProbes(
      dataset, values: values, options: Self.options, threads: 2
    ).analysis.sample
    #expect(sample.duplicates == DuplicateCount(pairs: 10, dropped: 9))
    #expect(sample.rows == 231 && sample.groups == 29)
    var options = Self.options
    options.keepsNearDuplicates = true
    let run = try runRegressionProbes(dataset, values: values, options: options, threads: 2)
    #expect(run.analysis.sample.duplicates == DuplicateCount(pairs: 10, dropped: 0))
    #expect(run.analysis.sample.rows == 240 && run.analysis.sample.groups == 30)
    let report = OutcomeReport(run, origin: .example, toolVersion: "0.0.0")
    #expect(report.markdown.contains("they were kept (10 pairs), so"))
  }

  @Test("says when all numbers are the same")
  func constant() {
    let (dataset, values) = Self.planted(noise: 1)
    #expect(throws: OutcomeError.constantNumbers(value: 4, rows: 240)) {
      try runRegressionProbes(
        dataset, values: values.map { _ in 4 }, options: Self.options, threads: 1)
    }
  }
}

@Suite("Nested ridge regression")
struct NestedRidgeTests {
  struct Golden: Decodable {
    let width: Int
    let features: [Float]
    let folds: [Int]
    let targets: [Float]
    let shares: [Double]
    let chosen: [Double]
    let final: Double
    let inner: [Double]
    let predictions: [Double]
  }

  @Test("chooses and predicts as scikit-learn does in nested loops")
  func nested() throws {
    let expected = try golden("nested_ridge.json", as: Golden.self)
    let found = NestedRidge(
      DoubleMatrix(expected.features, width: expected.width),
      values: expected.targets.map(Double.init), folds: Folds(indices: expected.folds),
      shares: expected.shares, isScaled: true)
    #expect(found.penalties == expected.chosen)
    #expect(Set(expected.chosen).count > 1)
    #expect(found.finalPenalty == expected.final)
    for (value, inner) in zip(found.inner, expected.inner) {
      expectClose(value ?? .nan, inner, within: Tolerance.linearSystem, scale: 1)
    }
    for (value, prediction) in zip(found.outOfFold, expected.predictions) {
      expectClose(value, prediction, within: Tolerance.linearSystem)
    }
  }
}

@Suite("Draws of clusters for any figure")
struct DrawnFigureTests {
  @Test("count whole clusters, the same for every figure")
  func paired() {
    var random = TestGenerator(41)
    let toy = Toy(rows: 60, groups: 12, labelOf: { row, _ in row / 12 % 2 })
    let clusters = Clusters(toy.prompts)
    let ranked = RankedScores(
      scores: toy.prompts.map { _ in random.normal() }, labels: toy.prompts.map(\.label),
      folds: toy.prompts.indices.map { $0 % 3 })
    let bootstrap = ClusterBootstrap(clusters: clusters, draws: 50, seed: 9)
    let areas = bootstrap.areas(ranked)
    #expect(areas.value == ranked.areaUnderROC)
    #expect(Set(areas.replicates).count > 10)
    #expect(areas.gain(over: areas)?.high == 0)
    // A mean counted row by row is the one from sums of clusters.
    let values = toy.prompts.indices.map(Double.init)
    let means = bootstrap.drawn { times in
      let total = values.indices.reduce(0) { $0 + times($1) }
      return values.indices.reduce(0.0) { $0 + Double(times($1)) * values[$1] } / Double(total)
    }
    #expect(means.estimate == bootstrap.ratio(values, over: values.map { _ in 1 }))
  }
}

@Suite("Rank correlation")
struct RankCorrelationTests {
  @Test("is Spearman's, ties and repeated rows included")
  func spearman() {
    let one: [Double] = [1, 2, 2, 3, 5, 8]
    let other: [Double] = [2, 1, 4, 4, 9, 7]
    let ranked = RankCorrelation(one, other, folds: [0, 0, 0, 0, 0, 0])
    // scipy.stats.spearmanr of the same, and with the second and the last row twice.
    expectClose(
      ranked.value { _ in 1 } ?? 0, 0.8088235294117647, within: Tolerance.rounding)
    expectClose(
      ranked.value { [1, 5].contains($0) ? 2 : 1 } ?? 0, 0.7875615306482168,
      within: Tolerance.rounding)
  }

  @Test("compares within folds only, and leaves out folds that are constant")
  func folds() {
    let truth: [Double] = [1, 2, 3, 1, 2, 3, 4]
    let shifted: [Double] = [11, 12, 13, 1, 2, 3, 4]
    let within = RankCorrelation(truth, shifted, folds: [0, 0, 0, 1, 1, 1, 1])
    expectClose(within.value { _ in 1 } ?? 0, 1, within: Tolerance.rounding)
    let constant = RankCorrelation(
      truth, [5, 5, 5, 4, 3, 2, 1], folds: [0, 0, 0, 1, 1, 1, 1])
    expectClose(constant.value { _ in 1 } ?? 0, -1, within: Tolerance.rounding)
    #expect(
      RankCorrelation(truth, truth.map { _ in 0 }, folds: truth.map { _ in 0 }).value { _ in 1 }
        == nil)
  }
}
