import Foundation
import Kernels
import ModelFiles
import Probes
import Reports
import Testing

@Suite("Probes of all cells")
struct RunProbesTests {
  static let options = ProbeOptions(seed: 3, draws: 400)

  /// Balanced classes in groups, with noise in every component and a shift along one direction.
  static func planted(shift: Double, rows: Int = 300, width: Int = 24, layers: Int = 3) -> Toy {
    var generator = TestGenerator(17)
    var toy = Toy(
      rows: rows, groups: 30,
      tokens: { _ in
        (0..<3 + generator.next() % 9).map { _ in Int32(generator.next() % 97) }
      },
      labelOf: { row, _ in row / 30 % 2 })
    let labels = toy.prompts.map(\.label)
    for layer in 0..<layers {
      toy.add(layer: layer, width: width) { row, column in
        let signal = layer == 1 && column < 4 ? shift * (Double(labels[row]) - 0.5) : 0
        return generator.normal() * (column == 7 ? 50 : 1) + 3 + signal
      }
    }
    return toy
  }

  @Test("finds a planted direction and the layer it was planted in")
  func plantedDirection() throws {
    let run = try runProbes(Self.planted(shift: 2).dataset, options: Self.options, threads: 2)
    let best = try #require(run.analysis.cells.first)
    #expect(best.cell.layer == 1)
    let area = try #require(best.logistic.auroc)
    // Four components shifted by 2 each are 4 standard deviations apart: area Φ(4 / √2) = 0.9977.
    expectClose(area.value, 0.9977, within: 0.01)
    #expect(area.low <= area.value && area.value <= area.high)
    let headline = try #require(run.analysis.headline)
    #expect(headline.choices.allSatisfy { $0.cell == "resid_post.layer_01.last" })
    #expect(try #require(headline.figures.gain).low > 0)
    for probe in run.probes where probe.cell.layer == 1 && probe.kind == .logistic {
      let weights = probe.probe.weights
      let along = weights[..<4].reduce(0, +) / 2
      let length = weights.reduce(0) { $0 + $1 * $1 }.squareRoot()
      // Random directions of 24 components have a cosine of about 0.2.
      #expect(along / length > 0.8, "cosine with the planted direction")
    }
  }

  @Test("stays at chance when labels say nothing")
  func noise() throws {
    let run = try runProbes(
      Self.planted(shift: 0, layers: 12).dataset, options: Self.options, threads: 2)
    let error = (301.0 / (12 * 150 * 150)).squareRoot()
    for cell in run.analysis.cells {
      for figures in [cell.logistic, cell.massMean] {
        let area = try #require(figures.auroc)
        expectClose(area.value, 0.5, within: 4 * error, scale: 1, cell.cell.name)
      }
    }
    // The best of 24 is above chance by luck; the headline chooses inside and is not.
    let headline = try #require(run.analysis.headline?.figures.auroc)
    #expect(headline.low < 0.5)
    let luckiest = run.analysis.cells.compactMap { $0.logistic.auroc?.value }.max()
    #expect(headline.value < luckiest ?? 0)
  }

  @Test("is not fooled by components that give the group away")
  func groupLeak() throws {
    // Every group has one class and a place of its own: who knows the group knows the class.
    func toy(groupsAreKnown: Bool) -> Toy {
      var generator = TestGenerator(23)
      var toy = Toy(rows: 400, groups: 40) { _, group in group % 2 }
      let centers = (0..<40 * 60).map { _ in generator.normal() * 2 }
      toy.add(layer: 0, width: 60) { row, column in
        centers[row % 40 * 60 + column] + 0.3 * generator.normal()
      }
      if !groupsAreKnown {
        toy.prompts = toy.prompts.enumerated().map { row, prompt in
          ProbePrompt(
            label: prompt.label, group: ByteString("\(row)"), userTokens: prompt.userTokens)
        }
      }
      return toy
    }
    func area(_ toy: Toy) throws -> Estimate {
      let run = try runProbes(toy.dataset, options: Self.options, threads: 1)
      return try #require(run.analysis.headline?.figures.auroc)
    }
    #expect(try area(toy(groupsAreKnown: false)).value > 0.99)
    let honest = try area(toy(groupsAreKnown: true))
    #expect(honest.low < 0.5 && honest.value < 0.7, "\(honest)")
  }

  @Test("measures gains against the text when the text gives the class away")
  func textShortcut() throws {
    var toy = Self.planted(shift: 2)
    toy.prompts = toy.prompts.map { prompt in
      ProbePrompt(
        label: prompt.label, group: prompt.group,
        userTokens: prompt.userTokens + [Int32(1000 + prompt.label)])
    }
    let run = try runProbes(toy.dataset, options: Self.options, threads: 1)
    #expect(run.analysis.bestBaseline == .bagOfTokens)
    let gain = try #require(run.analysis.headline?.figures.gain)
    #expect(gain.value <= 0)
  }

  @Test("measures length as a predictor when classes differ in it")
  func length() throws {
    var toy = Self.planted(shift: 0)
    var generator = TestGenerator(5)
    toy.prompts = toy.prompts.enumerated().map { row, prompt in
      let count = 5 + row % 4 + 3 * prompt.label
      return ProbePrompt(
        label: prompt.label, group: prompt.group,
        userTokens: (0..<count).map { _ in Int32(generator.next() % 211) })
    }
    let run = try runProbes(toy.dataset, options: Self.options, threads: 1)
    #expect(run.analysis.bestBaseline == .length)
    // Lengths 5–8 against 8–11: of 16 pairs of values one is a tie and the rest are in order.
    let length = run.analysis.baselines.first { $0.baseline == .length }
    expectClose(try #require(length?.figures.finding?.auroc).value, 15.5 / 16, within: 0.01)
  }

  @Test("says so when the prompts have no tokens of the user's")
  func noTokens() throws {
    var toy = Self.planted(shift: 1)
    toy.prompts = toy.prompts.map { ProbePrompt(label: $0.label, group: $0.group) }
    let run = try runProbes(toy.dataset, options: Self.options, threads: 1)
    #expect(run.analysis.bestBaseline == .prevalence)
    for result in run.analysis.baselines where result.baseline != .prevalence {
      #expect(result.figures == .notRun(.needsTokens), "\(result.baseline)")
    }
  }

  @Test("gives the same bytes on any number of threads")
  func threads() throws {
    let toy = Self.planted(shift: 1, rows: 200, width: 130, layers: 6)
    let reports = try [1, 2, 5].map { threads in
      let run = try runProbes(toy.dataset, options: Self.options, threads: threads)
      let report = ProbeReport(run, origin: .example, toolVersion: "test")
      return (try report.json(), run.probes)
    }
    for report in reports.dropFirst() {
      #expect(report.0 == reports[0].0)
      #expect(report.1 == reports[0].1)
    }
  }

  @Test("depends on the seed through folds and draws alone")
  func seed() throws {
    let toy = Self.planted(shift: 1)
    let runs = try [1, 2].map {
      try runProbes(toy.dataset, options: ProbeOptions(seed: $0, draws: 100), threads: 1)
    }
    #expect(runs[0].analysis.cells != runs[1].analysis.cells)
    for (one, other) in zip(runs[0].probes, runs[1].probes) where one.kind == .massMean {
      #expect(one.probe == other.probe)
    }
  }

  @Test("prints no headline on few groups or few prompts, and the tables all the same")
  func obstacles() throws {
    var small = Toy(rows: 40, groups: 4) { row, _ in row / 4 % 2 }
    small.add(layer: 0, width: 3) { row, column in Double((row * 7 + column * 3) % 11) }
    let run = try runProbes(small.dataset, options: Self.options, threads: 1)
    #expect(run.analysis.headline == nil)
    #expect(run.analysis.obstacles.map(\.count) == [.groups, .positives, .negatives])
    #expect(run.analysis.obstacles.map(\.found) == [4, 20, 20])
    #expect(run.analysis.obstacles.map(\.needed) == [5, 30, 30])
    #expect(run.analysis.cells.count == 1)
    #expect(run.analysis.cells[0].logistic.auroc != nil)
  }

  @Test("names the cell and the row of a value that is not finite")
  func notFinite() {
    var toy = Self.planted(shift: 1)
    toy.values["resid_post.layer_02.last"]?[24 * 5 + 3] = .nan
    #expect(
      throws: ProbeError.notFinite(cell: "resid_post.layer_02.last", row: 5, column: 3)
    ) {
      try runProbes(toy.dataset, options: Self.options, threads: 2)
    }
  }

  @Test("puts the mass-mean threshold half-way between the class means")
  func massMean() {
    var features = DoubleMatrix(rows: 4, columns: 2)
    for (row, values) in [[0.0, 1], [2, 3], [6, 5], [9, 9]].enumerated() {
      var target = features.mutableRow(row)
      for column in 0..<2 { target[column] = values[column] }
    }
    let probe = massMeanProbe(features, rows: [0, 1, 2], labels: [0, 0, 1, 1])
    #expect(probe.weights == [5, 3])
    #expect(probe.score([1, 2]) == -probe.score([6, 5]))
    expectClose(probe.score([3.5, 3.5]), 0, within: Tolerance.rounding, scale: 1)
  }
}
