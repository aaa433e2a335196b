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
    try demandEnoughPrompts(count, option: "count")
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
    try Console.output(report.forms.terminalText)
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
      work: { input in try input.checks.layerGap(options) })
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
      work: { input in try input.search(asked, options, from: start) })
  }

  /// The refusal direction, without conditional steering.
  func direction(_ limits: DirectionLimits) throws -> RefusalDirection {
    let options = DirectionOptions(limits: limits)
    return try step(
      .direction, isSame: { (found: LayerDirection) in found.direction.options == options },
      work: { input in
        let found = try DirectionRun(input, options).run()
        _ = try DirectionFiles(input).write(found)
        return LayerDirection(direction: found.result, steering: nil)
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
        return try patching.run(along: vector)
      })
  }

  /// The ranking, which is always made anew.
  func rank(_ sources: RankingSources) throws -> RankReport {
    if try LayersReport<LayerRanking>(in: Step.rank.folder(in: parent)) == nil {
      try demandEmpty(.rank)
    }
    let input = try begin(.rank)
    let report = try input.rank(sources)
    try input.write(report)
    return report
  }

  private typealias Step = LayersEarlier.Step

  /// Reads a step that was done with the same model, prompts and settings, or does it.
  private func step<Result: LayersResult>(
    _ step: Step, isSame: (Result) -> Bool, work: (LayersInput) throws -> Result
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
    let result = try work(input)
    Console.endProgress()
    try input.write(input.report(result))
    return result
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
