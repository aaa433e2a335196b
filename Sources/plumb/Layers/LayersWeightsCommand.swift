import Activations
import ArgumentParser
import Inference
import Probes
import Reports
import Tokenization

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
    try demandEnoughPrompts(count, option: "count")
  }

  func run() throws {
    let input = try LayersInput(layers)
    let parts = try input.labeled.disjointParts(seed: input.checks.seed)
    try input.labeled.demandBothClasses(in: [.train, .test], parts)
    let original = try input.openOfSameShape(before)
    let harmless = try benign.map { try input.openOfSameShape($0) }
    let earlier = try input.checks(with: original, named: before)
    let further = try others.map { path in
      let after = try input.unlabeled(path)
      let before = try ModelChecks(
        after.tokens, after.prompts, decoder: earlier.decoder, threads: after.threads,
        seed: after.seed)
      return (after: after, before: before)
    }
    let bar = SharedProgress(label: "weights", unit: "layers")
    let shift = try input.checks.weightShift(
      from: original, to: input.model, earlier: earlier, benign: harmless, others: further,
      parts: parts, promptsPerClass: count
    ) { bar.update(done: $0, of: $1) }
    Console.endProgress()
    try input.write(input.report(shift), printsJSON: layers.run.json)
  }
}

extension LayersInput {
  /// The model with all prompts of a file, whatever their labels.
  fileprivate func unlabeled(_ path: String) throws -> ModelChecks {
    let set = try PromptSet(path: path)
    let tokens = try set.prompts.map { prompt in
      try naming(prompt, of: set) { try encoder.encode(prompt.messages) }
    }
    return try ModelChecks(
      tokens, tokens.map { _ in ProbePrompt(label: 0) }, decoder: checks.decoder,
      threads: checks.threads, seed: checks.seed)
  }
}
