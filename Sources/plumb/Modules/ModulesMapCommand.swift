import ArgumentParser
import Probes
import Reports
import Tokenization

/// What each module's disturbance takes from the telling apart of harmful prompts.
struct ModulesMapCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "map",
    abstract: "Disturb every module and see what is left of the telling apart of harmful prompts.",
    usage: "plumb modules map --model M --prompts PAIRS --output DIR [<options>]",
    discussion: """
      The classifier is fitted on the prompts to fit on, and judges disturbances by those to report on; it has to \
      tell 95 of 100 of either right to begin with. A control, something unrelated about the prompts, and how far \
      vectors move stand beside it: only what differs from them is security's own. Only blocks from the disturbed \
      one on are computed again.
      """)

  @OptionGroup var layers: LayersOptions
  @OptionGroup var disturbance: DisturbanceOptions
  @Flag(exclusivity: .exclusive) var units = UnitsFlag.single
  @Option(help: "Blocks of a window (default: an eighth of the depth).")
  var window: Int?
  @Option(
    help: "For --disturbance delta: the tuning of the model whose weights modules are moved to.")
  var toward: String?

  func validate() throws {
    guard let window else { return }
    guard window > 0, units == .windows else {
      throw ValidationError("--window takes a number of at least 1, together with --windows.")
    }
  }

  func run() throws {
    Signals.deferStops()
    let options = try disturbance.options(units: units.units, window: window)
    let input = try LayersInput(layers)
    let parts = try input.separationParts()
    let tuned = try input.towards(toward, options.kind)
    let log = try input.readingLog("map", options, other: tuned)
    let map = try input.readingModules("modules") { onReading in
      try input.checks.moduleMap(
        of: input.model, toward: tuned, parts: parts, tokenizer: input.encoder.tokenizer, options,
        log: log, onReading: onReading)
    }
    try input.write(input.report(map), printsJSON: layers.run.json)
  }
}
