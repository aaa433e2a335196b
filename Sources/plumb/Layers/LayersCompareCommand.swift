import ArgumentParser
import Inference
import Probes
import Reports

/// What a tuning did to what the layers hold.
struct LayersCompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Compare what the layers hold before and after a tuning.",
    usage: "plumb layers compare --before M --after M --prompts PAIRS --output DIR [<options>]",
    discussion: """
      Says behind which layers a probe of the model before still reads the classes after the tuning (kept), or \
      only one fitted anew (moved), or neither as well as before (gone); where the direction between the class \
      means turned further than drawing other prompts turns it; how far vectors moved, and whether more for \
      harmful prompts; and how the next token's distribution differs along the replies of the model before.
      """)

  @Option(help: "The model before the tuning.")
  var before: String
  @Option(help: "The model after it, such as M+ADAPTER.")
  var after: String
  @OptionGroup var analysis: LabeledOptions
  @Option(help: "The most prompts of either label to fit probes on, and to judge them on.")
  var count = 200
  @Option(help: "The most tokens of a reply along which next tokens are compared.")
  var tokens = 16
  @Option(help: "The most prompts of either label whose replies are looked at.")
  var klPrompts = 64
  @Option(help: "Bootstrap draws behind the intervals.")
  var draws = 1000

  func validate() throws {
    try demandEnoughPrompts(count, option: "count")
    guard tokens > 0, klPrompts > 0 else {
      throw ValidationError("--tokens and --kl-prompts must be at least 1.")
    }
    guard draws >= 19 else {
      throw ValidationError("--draws must be at least 19, or no chance below 0.05 can be seen.")
    }
  }

  func run() throws {
    let input = try LayersInput(model: before, analysis)
    let parts = try input.separationParts()
    let tuned = try input.openTuning(after)
    let bar = SharedProgress(label: "compare", unit: "steps")
    let drift = try input.checks.layerDrift(
      to: input.checks(with: tuned, named: after), model: ComparedModel(tuned), parts: parts,
      endOfSequence: input.endOfSequence,
      DriftOptions(
        promptsPerClass: count, draws: draws, tokens: tokens, repliedPerClass: klPrompts)
    ) { bar.update(done: $0, of: $1) }
    Console.endProgress()
    try input.write(input.report(drift), printsJSON: analysis.run.json)
  }
}
