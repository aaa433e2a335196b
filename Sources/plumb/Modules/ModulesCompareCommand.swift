import ArgumentParser
import Probes
import Reports
import Tokenization

/// What a tuning did to the modules that the telling apart of harmful prompts rests on.
struct ModulesCompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract:
      "Compare the modules that matter before and after a tuning, and whose changes did it.",
    usage: "plumb modules compare --before M --after M --prompts PAIRS --output DIR [<options>]",
    discussion: """
      Says whether the classifier of the model before still tells the prompts apart after the tuning (held), or \
      only one fitted anew (moved), or neither (gone); maps both models with the same draws; and puts the changes \
      of groups of modules into the model before, and takes them out of the model after.
      """)

  @Option(help: "The model before the tuning, which has to tell the prompts apart.")
  var before: String
  @Option(help: "The model after it, such as M+ADAPTER.")
  var after: String
  @OptionGroup var analysis: LabeledOptions
  @OptionGroup var disturbance: DisturbanceOptions
  @Flag(exclusivity: .exclusive) var units = UnitsFlag.windows
  @Option(help: "Blocks of a window (default: an eighth of the depth).")
  var window: Int?

  func validate() throws {
    guard let window else { return }
    guard window > 0, units == .windows else {
      throw ValidationError("--window takes a number of at least 1, and no --single.")
    }
  }

  func run() throws {
    Signals.deferStops()
    let options = try disturbance.options(units: units.units, window: window)
    if options.kind == .delta {
      throw CommandError.conflict(
        "--disturbance delta is part of every comparison; choose what both maps are made by, such as noise."
      )
    }
    let input = try LayersInput(model: before, analysis)
    let parts = try input.separationParts()
    let later = try input.openTuning(after)
    let tuned = TunedModel(later, try input.checks(with: later, named: after))
    let log = try input.readingLog("compare", options, other: later)
    let comparison = try input.readingModules("compare") { onReading in
      try input.checks.moduleComparison(
        of: input.model, with: tuned, parts: parts, tokenizer: input.encoder.tokenizer, options,
        log: log, onReading: onReading)
    }
    try input.write(input.report(comparison), printsJSON: analysis.run.json)
  }
}
