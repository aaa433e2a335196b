import ArgumentParser
import Kernels
import Probes
import Reports

/// Where in depth harmful prompts turn away from harmless ones.
struct LayersGapCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gap",
    abstract: "Find the block from which harmful prompts turn away from harmless ones.",
    usage: "plumb layers gap --model M --prompts PAIRS --output DIR [--control M] [<options>]",
    discussion: """
      Compares what leaves each block at the last position of the prompts: cosines between two harmless \
      prompts, a harmless and a harmful one, and two harmful ones. The gap is how much larger the angle of \
      mixed pairs is; a range is reported where it exceeds what exchanged labels give. Counterparts (the \
      column pair) are exchanged whole.
      """)

  @OptionGroup var layers: LayersOptions
  @Option(help: "The same prompts in another model of the same tokenizer, such as the base model.")
  var control: String?
  @Option(help: "The most prompts of either label.")
  var count = 100
  @Option(help: "Random pairs of each type.")
  var pairs = 500
  @Option(help: "Bootstrap draws behind the intervals.")
  var draws = 1000
  @Option(help: "Exchanges of labels behind the threshold.")
  var permutations = 1000
  @Option(help: "Also report the range by a margin of mean cosines, as an earlier replication did.")
  var legacyMargin: Double?
  @Option(help: "Random halves of the harmless prompts to try the rule on.")
  var nullSplits = 0

  func validate() throws {
    try demandEnoughPrompts(count, option: "count")
    guard pairs > 1, draws > 0 else {
      throw ValidationError("--pairs must be at least 2 and --draws at least 1.")
    }
    guard permutations >= 19 else {
      throw ValidationError(
        "--permutations must be at least 19, or no chance below 0.05 can be seen.")
    }
    guard nullSplits >= 0 else { throw ValidationError("--null-splits must be 0 or more.") }
    guard legacyMargin.map({ $0 > 0 && $0 < 2 }) ?? true else {
      throw ValidationError("--legacy-margin must be between 0 and 2.")
    }
  }

  func run() throws {
    let input = try LayersInput(layers)
    let gap = try input.checks.layerGap(
      GapOptions(
        promptsPerClass: count, pairs: pairs, draws: draws, permutations: permutations,
        legacyMargin: legacyMargin),
      control: control.map { try input.checks(with: $0) }, nullSplits: nullSplits)
    try input.write(input.report(gap), printsJSON: layers.run.json)
  }
}
