import Foundation
import ModelFiles
import Probes
import Reports
import Testing

@Suite("Probes of several classes")
struct ClassProbesTests {
  static let names: [ByteString] = ["blue", "green", "red"]
  static let options = ProbeOptions(seed: 3, penalties: [1e-3, 1e-1, 10], draws: 200)

  /// Three classes in 30 groups; in layer 1 each has a direction of its own.
  static func planted(
    shift: Double, rows: Int = 240, layers: Int = 3, tokens: ((Int) -> [Int32])? = nil
  ) -> (dataset: ProbeDataset, classes: [Int]) {
    var random = TestGenerator(29)
    let classes = (0..<rows).map { $0 / 30 % 3 }
    var toy = Toy(
      rows: rows, groups: 30,
      tokens: tokens ?? { _ in (0..<3 + random.next() % 5).map { _ in Int32(random.next() % 50) } },
      labelOf: { _, _ in 0 })
    for layer in 0..<layers {
      toy.add(layer: layer, width: 8) { row, column in
        random.normal() + (layer == 1 && column == 2 * classes[row] ? shift : 0)
      }
    }
    return (toy.dataset, classes)
  }

  @Test("finds where classes are told apart, and how well")
  func plantedDirections() throws {
    let (dataset, classes) = Self.planted(shift: 3)
    let run = try runClassProbes(
      dataset, classes: classes, names: Self.names, options: Self.options, threads: 2)
    let best = try #require(run.analysis.cells.first)
    #expect(best.cell.layer == 1)
    // The corners of the classes are 3√2 standard deviations apart, so a boundary half-way between two
    // is crossed by 1.7 % of either.
    #expect(try #require(best.figures.macroAuroc).value > 0.95)
    #expect(try #require(best.figures.accuracy).value > 0.85)
    for place in 0..<3 {
      #expect(try #require(best.figures.classAurocs[place]).value > 0.9)
      #expect(best.figures.confusion[place].reduce(0, +) == classes.count { $0 == place })
    }
    let right = (0..<3).reduce(0) { $0 + best.figures.confusion[$1][$1] }
    expectClose(
      best.figures.accuracy?.value ?? 0, Double(right) / 240, within: Tolerance.exactRatio)
    let headline = try #require(run.analysis.headline)
    #expect(headline.choices.allSatisfy { $0.cell == "resid_post.layer_01.last" })
    #expect(headline.figures.confusion == best.figures.confusion)
    #expect(try #require(headline.figures.gain).low > 0)
    #expect(run.probes.count == 3 && run.probes.allSatisfy { $0.count == 3 })
  }

  @Test("stays at chance on noise, and the most frequent class is the baseline")
  func noise() throws {
    let (dataset, classes) = Self.planted(shift: 0)
    let run = try runClassProbes(
      dataset, classes: classes, names: Self.names, options: Self.options, threads: 2)
    let headline = try #require(run.analysis.headline?.figures)
    #expect(abs(try #require(headline.macroAuroc).value - 0.5) < 0.1)
    #expect(try #require(headline.gain).low < 0)
    let constant = try #require(run.analysis.baselines.first?.figures)
    #expect(constant.macroAuroc?.value == 0.5)
    // The most frequent class of the training part has 90 of 240 rows; each fold's decisions are one.
    expectClose(constant.accuracy?.value ?? 0, 90.0 / 240, within: Tolerance.exactRatio)
  }

  @Test("words that give the class away are a baseline that leaves no gain")
  func lexical() throws {
    let (dataset, classes) = Self.planted(shift: 3) { row in [Int32(row / 30 % 3), 7] }
    let run = try runClassProbes(
      dataset, classes: classes, names: Self.names, options: Self.options, threads: 2)
    #expect(run.analysis.bestBaseline == .bagOfTokens)
    #expect(run.analysis.baselines.last?.figures?.macroAuroc?.value == 1)
    #expect(try #require(run.analysis.headline?.figures.gain).value <= 0)
    let report = OutcomeReport(run, origin: .example, toolVersion: "0.0.0")
    #expect(report.markdown.contains("Not shown: that linear probes decode the class."))
    #expect(report.markdown.contains("The interval of the gain reaches zero or below"))
  }

  @Test("does not depend on threads, and writes pages and JSON that read back")
  func reports() throws {
    let (dataset, classes) = Self.planted(shift: 2)
    let runs = try [1, 2].map {
      try runClassProbes(
        dataset, classes: classes, names: Self.names, options: Self.options, threads: $0)
    }
    #expect(runs[0].analysis == runs[1].analysis)
    let report = OutcomeReport(runs[0], origin: .example, toolVersion: "0.0.0")
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let bytes = try report.json()
    #expect(try decoder.decode(OutcomeReport<ClassAnalysis>.self, from: Data(bytes)) == report)
    #expect(report.markdown.contains("decided green"))
    #expect(report.markdown.contains("decode the class with macro AUROC"))
    for line in report.terminalText.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
  }

  @Test("drops near-duplicates of one class, and never splits those of different ones")
  func nearDuplicates() throws {
    let (dataset, classes) = Self.planted(shift: 3, tokens: Toy.tokensRepeating)
    let run = try runClassProbes(
      dataset, classes: classes, names: Self.names, options: Self.options, threads: 2)
    #expect(run.analysis.sample.duplicates == DuplicateCount(pairs: 10, dropped: 9))
    #expect(run.analysis.sample.rows == [90, 81, 60] && run.analysis.sample.groups == 29)
    let report = OutcomeReport(run, origin: .example, toolVersion: "0.0.0")
    #expect(report.markdown.contains("dropped before anything else (9 prompts)"))
    var options = Self.options
    options.keepsNearDuplicates = true
    let sample = try runClassProbes(
      dataset, classes: classes, names: Self.names, options: options, threads: 2
    ).analysis.sample
    #expect(sample.duplicates == DuplicateCount(pairs: 10, dropped: 0))
    #expect(sample.rows == [90, 90, 60] && sample.groups == 30)
  }

  @Test("no headline about a class with few prompts, and an error where one is in too few groups")
  func rareClass() throws {
    let (dataset, _) = Self.planted(shift: 0)
    let few = dataset.prompts.indices.map { $0 < 20 ? 2 : $0 % 2 }
    let run = try runClassProbes(
      dataset, classes: few, names: Self.names, options: Self.options, threads: 2)
    #expect(run.analysis.headline == nil)
    #expect(run.analysis.obstacles.map(\.found) == [20])
    let report = OutcomeReport(run, origin: .example, toolVersion: "0.0.0")
    #expect(report.terminalText.contains("20 prompts of the smallest class"))
    // Rows 0 and 30 are of one group, row 1 of another.
    let rare = dataset.prompts.indices.map { [0, 30, 1].contains($0) ? 2 : $0 % 2 }
    #expect(
      throws: OutcomeError.classInTooFewFolds(name: "red", folds: 2, groups: 2, needed: 3)
    ) {
      try runClassProbes(
        dataset, classes: rare, names: Self.names, options: Self.options, threads: 2)
    }
  }
}
