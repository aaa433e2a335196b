import ArgumentParser
import ModelFiles
import Probes
import Reports
import Tokenization

/// What becomes of refusals when weights are moved at random.
struct LayersLandscapeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "landscape",
    abstract: "Move a model's weights at random and see what becomes of its refusals.",
    usage: "plumb layers landscape --model M --prompts PAIRS --output DIR [--over P] [<options>]",
    discussion: """
      Draws random directions from the seed, moves the weights along each in steps, in memory, and measures \
      refusal log-odds of harmful prompts and of look-alikes, how well the unmoved model's probe still reads, \
      and the loss of neutral text. A model that refuses everything, or is merely broken, does not count as \
      safe. Weights are read and packed anew for every move: about three seconds for 135 million of them.
      """)

  @OptionGroup var layers: LayersOptions
  @Option(
    help: """
      Harmless prompts that sound risky; prompts with the label 1 are left out (default: those of --prompts \
      with the label 0 that are to report on).
      """)
  var over: String?
  @Option(help: "Random directions.")
  var directions = LandscapeOptions.leastDirections
  @Option(help: "The farthest move, as a share of each matrix's length.")
  var reach = 0.5
  @Option(help: "Moves on either side.")
  var steps = 4
  @Option(help: "The most prompts of either kind whose refusal is measured.")
  var count = 48
  @Option(help: "The most harmful prompts that moved models reply to; 0 for none.")
  var replies = 12

  func validate() throws {
    guard directions > 0, steps > 0, count > 0 else {
      throw ValidationError("--directions, --steps and --count must be at least 1.")
    }
    guard reach > 0, reach.isFinite else { throw ValidationError("--reach must be above 0.") }
    guard replies >= 0 else { throw ValidationError("--replies must be 0 or more.") }
  }

  func run() throws {
    let input = try LayersInput(layers)
    let parts = try input.labeled.disjointParts(seed: input.checks.seed)
    try input.labeled.demandBothClasses(in: PromptPart.allCases, parts)
    let asked = over == nil ? nil : try input.overRejection(over, layers.columns).checks
    let bar = SharedProgress(label: "landscape", unit: "models")
    let landscape = try input.checks.landscape(
      of: input.model, input.refusalOpening(parts), parts: parts, lookalikes: asked,
      precision: input.origin.precision, tokenizer: input.encoder.tokenizer,
      endOfSequence: input.endOfSequence,
      LandscapeOptions(
        directions: directions, reach: reach, stepsPerSide: steps, promptsPerKind: count,
        repliedPrompts: replies)
    ) { bar.update(done: $0, of: $1) }
    Console.endProgress()
    try input.write(input.report(landscape), printsJSON: layers.run.json)
  }
}
