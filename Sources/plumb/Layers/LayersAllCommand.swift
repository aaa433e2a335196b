import ArgumentParser
import Foundation
import Inference
import ModelFiles
import Probes
import Reports

/// Every analysis of layers that the ranking takes, one after another.
struct LayersAllCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "all",
    abstract: "Run gap, search, direction, patch and rank, one after another.",
    usage: "plumb layers all --model M --prompts PAIRS --output DIR [--over P] [<options>]",
    discussion: """
      Loads the model once. Every step writes a folder of its own in DIR: gap, search, direction, patch and \
      rank, whose report.html shows the whole. Steps that are finished are not repeated; run the same command \
      again after an interruption and it goes on where it stopped.
      """)

  @OptionGroup var layers: LayersOptions
  @Option(
    help: """
      Harmless prompts that sound risky, for the search; prompts with the label 1 are left out (default: \
      those of --prompts with the label 0).
      """)
  var over: String?
  @Option(help: "The most of those prompts.")
  var count = 120
  @OptionGroup var limits: DirectionLimitOptions

  func validate() throws {
    guard count >= LabeledPrompts.leastPerClass else {
      throw ValidationError("--count must be at least \(LabeledPrompts.leastPerClass).")
    }
  }

  func run() throws {
    Signals.deferStops()
    let input = try LayersInput(layers)
    let steps = LayersSteps(input, folder: layers.output, isOverwriting: layers.run.overwrite)
    let gap = try steps.gap()
    let search = try steps.search(
      input.overRejection(over, layers.columns), count: count, from: gap)
    let direction = try steps.direction(limits.limits)
    let patching = try steps.patch(along: direction)
    let report = try steps.rank(
      RankingSources(
        gap: gap, search: search, patching: patching,
        hasNoDirection: direction.chosen == nil))
    if layers.run.json { return try Console.output(bytes: report.json()) }
    try Console.output(report.terminalText)
    try Console.output("Wrote \(layers.output)/rank/report.html and the folders beside it.")
  }
}

/// The steps of `plumb layers all`: each is done, or read where it was done before.
struct LayersSteps {
  private let input: LayersInput
  private let parent: String
  private let isOverwriting: Bool

  init(_ input: LayersInput, folder: String, isOverwriting: Bool) {
    self.input = input
    parent = folder
    self.isOverwriting = isOverwriting
  }

  /// The angle gap.
  func gap() throws -> LayerGap {
    let options = GapOptions()
    return try step(
      .gap, isSame: { $0.options == options },
      work: { input in
        let report = LayersReport(
          try input.checks.layerGap(options), origin: input.origin, toolVersion: Version.current,
          backend: input.backend)
        return try Done(report, report.markdown, report.html(charts: InstalledCharts.find()))
      })
  }

  /// The search, from the range of the gap.
  func search(_ asked: OverRejection, count: Int, from gap: LayerGap) throws -> LayerSearch {
    let options = SearchOptions(prompts: count)
    let start = InitialRange(gap)
    return try step(
      .search,
      isSame: {
        $0.options == options && $0.initial == start && $0.promptsDigest == asked.digest
      },
      work: { input in
        let report = LayersReport(
          try input.search(asked, options, from: start), origin: input.origin,
          toolVersion: Version.current, backend: input.backend)
        return try Done(report, report.markdown, report.html(charts: InstalledCharts.find()))
      })
  }

  /// The refusal direction, without conditional steering.
  func direction(_ limits: DirectionLimits) throws -> RefusalDirection {
    let options = DirectionOptions(limits: limits)
    return try step(
      .direction, isSame: { (found: LayerDirection) in found.direction.options == options },
      work: { input in
        let found = try DirectionRun(input, options).run()
        _ = try DirectionFiles(input).write(found)
        let report = DirectionReport(
          LayerDirection(direction: found.result, steering: nil), origin: input.origin,
          toolVersion: Version.current, backend: input.backend)
        return try Done(report, report.markdown, report.html(charts: InstalledCharts.find()))
      }
    ).direction
  }

  /// Patching, and attribution along the direction where there is one.
  func patch(along direction: RefusalDirection) throws -> LayerPatching {
    let options = PatchOptions()
    let path = try DirectionFiles(input.replacing(in: Step.direction.folder(in: parent))).addition
    return try step(
      .patch,
      isSame: {
        $0.map.options == options && $0.opening == direction.opening
          && ($0.attribution == nil) == (direction.chosen == nil)
      },
      work: { input in
        let vector = direction.chosen == nil ? nil : try AttributedVector(path: path, input)
        let patching = PatchingRun(
          input, options, opening: direction.opening,
          parts: try input.labeled.disjointParts(seed: input.checks.seed), takesGradients: false)
        let report = PatchReport(
          try patching.run(along: vector), origin: input.origin, toolVersion: Version.current,
          backend: input.backend)
        return try Done(report, report.markdown, report.html(charts: InstalledCharts.find()))
      })
  }

  /// The ranking, which is always made anew.
  func rank(_ sources: RankingSources) throws -> RankReport {
    if try LayersReport<LayerRanking>(in: Step.rank.folder(in: parent)) == nil {
      try demandEmpty(.rank)
    }
    let input = try begin(.rank)
    let report = try input.rank(sources)
    try input.outputs.write(
      markdown: report.markdown, page: report.html(charts: InstalledCharts.find()),
      json: report.json())
    return report
  }

  private typealias Step = LayersEarlier.Step

  /// A step's result in all its forms.
  private struct Done<Result: LayersResult> {
    let report: LayersReport<Result>
    let markdown: String
    let page: String

    init(_ report: LayersReport<Result>, _ markdown: String, _ page: String) {
      self.report = report
      self.markdown = markdown
      self.page = page
    }
  }

  /// Reads a step that was done with the same model, prompts and settings, or does it.
  private func step<Result: LayersResult>(
    _ step: Step, isSame: (Result) -> Bool, work: (LayersInput) throws -> Done<Result>
  ) throws -> Result {
    let folder = step.folder(in: parent)
    if !isOverwriting, let earlier = try LayersReport<Result>(in: folder) {
      guard earlier.origin == input.origin, earlier.toolVersion == Version.current,
        isSame(earlier.result)
      else { throw CommandError.otherStep(folder: folder) }
      Console.message("\(label(step)): finished before")
      return earlier.result
    }
    try demandEmpty(step)
    let input = try begin(step)
    let done = try work(input)
    Console.endProgress()
    try input.outputs.write(
      markdown: done.markdown, page: done.page, json: done.report.json())
    return done.report.result
  }

  /// Refuses a result of something else where a step's is to be written.
  private func demandEmpty(_ step: Step) throws {
    let folder = step.folder(in: parent)
    if !isOverwriting, FileManager.default.fileExists(atPath: "\(folder)/result.json") {
      throw CommandError.otherStep(folder: folder)
    }
  }

  /// Says which step is under way.
  private func begin(_ step: Step) throws -> LayersInput {
    if Signals.isStopRequested { throw CommandError.interruptedSearch(output: parent) }
    Console.message(label(step))
    return try input.replacing(in: step.folder(in: parent))
  }

  private func label(_ step: Step) -> String {
    let place = (Step.allCases.firstIndex(of: step) ?? 0) + 1
    return "\(step.rawValue) (\(place) of \(Step.allCases.count))"
  }
}
