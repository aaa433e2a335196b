import ArgumentParser
import Probes
import Reports

/// What a tuning did to weights, and where prompts lie before and after it.
struct LayersWeightsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "weights",
    abstract: "Compare a tuned model's weights and clusters with those before the tuning.",
    usage:
      "plumb layers weights --model AFTER --before M --prompts PAIRS --output DIR [<options>]",
    discussion: """
      Measures how far the matrices of every MLP moved, which share of the move is outside of the matrix's \
      column space beside what a random move has, where harmful and harmless prompts lie between their means \
      behind every layer in both models, and whether the moves read more from harmful prompts.
      """)

  @OptionGroup var layers: LayersOptions
  @Option(help: "The model before the tuning.")
  var before: String
  @Option(help: "A harmless tuning of the same model, to compare with.")
  var benign: String?
  @Option(
    help:
      "A file of further prompts to place, such as rephrased requests; labels in it do not matter.")
  var others: String?
  @Option(help: "The most prompts of either label in either part.")
  var count = 100

  func validate() throws {
    guard count >= LabeledPrompts.leastPerClass else {
      throw ValidationError("--count must be at least \(LabeledPrompts.leastPerClass).")
    }
  }

  func run() throws {
    let input = try LayersInput(layers)
    let earlier = try input.checks(with: before)
    let further = try others.map { path in
      let after = try input.overRejection(path, layers.columns).checks
      let before = try ModelChecks(
        after.tokens, after.prompts, decoder: earlier.decoder, threads: after.threads,
        seed: after.seed)
      return (after: after, before: before)
    }
    let bar = SharedProgress(label: "weights", unit: "layers")
    let shift = try input.checks.weightShift(
      from: ModelOption.open(before), to: input.model, earlier: earlier,
      benign: benign.map { try ModelOption.open($0) }, others: further,
      parts: input.labeled.partsOrDraw(seed: input.checks.seed), promptsPerClass: count
    ) { bar.update(done: $0, of: $1) }
    Console.endProgress()
    let report = WeightsReport(
      shift, origin: input.origin, toolVersion: Version.current, backend: input.backend)
    try input.write(
      json: report.json(), markdown: report.markdown,
      page: report.html(charts: InstalledCharts.find()), terminalText: report.terminalText,
      printsJSON: layers.run.json)
  }
}
