import ArgumentParser
import Inference
import ModelFiles
import Probes
import Reports

/// One ranking of layers, or that there is none.
struct LayersRankCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rank",
    abstract: "Rank layers by several criteria, and say whether these agree.",
    usage: "plumb layers rank --model M --prompts PAIRS --output DIR [--from DIR …] [<options>]",
    discussion: """
      Fits a probe behind every layer, takes results of plumb layers gap, search and patch by --from, ranks \
      layers by each criterion, and measures how the rankings agree beside curves that were moved along the \
      depth. Criteria that no result was given for are named as missing.
      """)

  @OptionGroup var layers: LayersOptions
  @Option(
    parsing: .upToNextOption,
    help: "Folders of results of the other analyses, or of plumb layers all.")
  var from: [String] = []
  @Option(help: "The most prompts of either label that probes are fitted on.")
  var count = 200
  @Option(help: "How many layers count as the first ones.")
  var top = 5

  func validate() throws {
    try demandEnoughPrompts(count, option: "count")
    guard top > 0 else { throw ValidationError("--top must be at least 1.") }
  }

  func run() throws {
    let input = try LayersInput(layers)
    let earlier = try LayersEarlier(paths: from, of: input.origin)
    let report = try input.rank(
      RankingSources(
        gap: earlier.gap, search: earlier.search, patching: earlier.patching,
        hasNoDirection: earlier.hasNoDirection),
      promptsPerClass: count, RankingOptions(top: top))
    try input.write(report, printsJSON: layers.run.json)
  }
}

extension LayersInput {
  /// Fits probes and ranks layers by them and by other results.
  func rank(
    _ sources: RankingSources, promptsPerClass: Int = 200,
    _ options: RankingOptions = RankingOptions()
  ) throws -> RankReport {
    var sources = sources
    let bar = SharedProgress(label: "rank", unit: "probes")
    do {
      sources.probes = try checks.layerProbes(
        promptsPerClass: promptsPerClass, ProbeOptions(seed: checks.seed)
      ) { bar.update(done: $0, of: $1) }
    } catch let error as ProbeError {
      Console.message("plumb: No probes were fitted: \(error.description).")
    }
    Console.endProgress()
    let ranking = LayerRanking(
      sources, layerCount: checks.decoder.description.layerCount, options: options,
      seed: checks.seed)
    return report(ranking)
  }
}
