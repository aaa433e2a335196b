import ArgumentParser
import Foundation
import Inference
import Kernels
import ModelFiles
import Probes
import Reports
import Tokenization

/// Which contiguous blocks, scaled, change refusals most.
struct LayersSearchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "search",
    abstract: "Find the contiguous blocks that, scaled, change refusals most.",
    usage: "plumb layers search --model M --prompts PAIRS --output DIR [--over P] [<options>]",
    discussion: """
      Multiplies the weights of a range of blocks in memory, counts how many harmless but risky-sounding \
      prompts the model then refuses, and moves the last block of the range, then the first. It begins at \
      --initial or at the range of the angle gap. Every count is kept in DIR/sweeps.jsonl; run the same \
      command again after an interruption and it goes on where it stopped.
      """)

  @OptionGroup var layers: LayersOptions
  @Option(
    help: """
      Harmless prompts that sound risky; prompts with the label 1 are left out (default: those of --prompts \
      with the label 0).
      """)
  var over: String?
  @Option(help: "The most of those prompts.")
  var count = 120
  @Option(help: "Blocks to begin at, such as 6-12 (default: from the angle gap).")
  var initial: String?
  @Option(help: "Which way to scale: up or down (default: by how much the model refuses as it is).")
  var direction: String?
  @Option(help: "The most tokens of a reply.")
  var maxTokens = 12
  @Option(help: "The most steps of 0.05 that the factor moves away from 1.")
  var steps = 10
  @Option(help: "How much counts must differ, as a standard deviation for 721 prompts.")
  var deviation = 15.0
  @Flag(
    name: .customLong("leave-output-projection"),
    help: "Leave the attention's output projection as it is, as the published counts probably did.")
  var leavesOutputProjection = false

  func validate() throws {
    try demandEnoughPrompts(count, option: "count")
    guard (1...256).contains(maxTokens) else {
      throw ValidationError("--max-tokens must be between 1 and 256.")
    }
    guard (1...19).contains(steps) else {
      throw ValidationError("--steps must be between 1 and 19.")
    }
    guard deviation > 0, deviation.isFinite else {
      throw ValidationError("--deviation must be above 0.")
    }
  }

  func run() throws {
    Signals.deferStops()
    let direction = try direction.map {
      try choice($0, of: SearchOptions.Direction.self, option: "direction")
    }
    let given = try initial.map { text in
      guard let range = LayerRange(text: text) else {
        throw CommandError.option(
          name: "initial", value: text, expected: "a range of blocks such as 6-12")
      }
      return InitialRange(range, .given)
    }
    let input = try LayersInput(layers)
    let asked = try input.overRejection(over, layers.columns)
    try given?.range.demandFit(layerCount: input.checks.decoder.description.layerCount)
    let options = SearchOptions(
      prompts: count, maxTokens: maxTokens, direction: direction, steps: steps,
      deviation: deviation, scalesOutputProjection: !leavesOutputProjection)
    let start = try given ?? InitialRange(input.checks.layerGap())
    let found = try input.search(asked, options, from: start)
    try input.write(input.report(found), printsJSON: layers.run.json)
  }
}

/// Prompts whose refusals are counted.
struct OverRejection {
  /// The model with them.
  let checks: ModelChecks
  /// The digest of their file.
  let digest: String
}

extension LayersInput {
  /// The prompts whose refusals are counted: harmless ones of a file, or those of the prompts themselves.
  func overRejection(_ path: String?, _ columns: LabelColumns) throws -> OverRejection {
    guard let path else { return OverRejection(checks: checks, digest: origin.promptsDigest) }
    let set = try PromptSet(path: path)
    let labeled = try LabeledPrompts(lookalikes: set, columns, encoder: encoder)
    return OverRejection(
      checks: try ModelChecks(
        labeled.tokens, labeled.prompts, decoder: checks.decoder, threads: checks.threads,
        seed: checks.seed), digest: set.digest)
  }

  /// Searches, keeping every count in the folder; one that was interrupted goes on.
  func search(
    _ asked: OverRejection, _ options: SearchOptions, from start: InitialRange
  ) throws -> LayerSearch {
    let log = try sweepLog(options, start, promptsDigest: asked.digest)
    let bar = SharedProgress(label: "search", unit: "counts")
    let found = try asked.checks.layerSearch(
      options, from: start, promptsDigest: asked.digest, tokenizer: encoder.tokenizer,
      endOfSequence: endOfSequence, log: log
    ) { done, expected in
      bar.update(done: done, of: max(done, expected))
      return !Signals.isStopRequested
    }
    Console.endProgress()
    guard let found else { throw CommandError.interruptedSearch(output: folder) }
    return found
  }

  /// Opens the log of a search, whose counts depend on what is named here and on nothing else.
  private func sweepLog(
    _ options: SearchOptions, _ initial: InitialRange, promptsDigest: String
  ) throws -> SweepLog {
    struct Identity: Encodable {
      let origin: LayersOrigin
      let options: SearchOptions
      let initial: InitialRange
      let promptsDigest: String
      let rulesDigest: String
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let identity = try encoder.encode(
      Identity(
        origin: origin, options: options, initial: initial, promptsDigest: promptsDigest,
        rulesDigest: RefusalRules.beginnings.digest))
    try outputs.makeFolder()
    return try SweepLog(
      path: (folder as NSString).appendingPathComponent(SweepLog.fileName),
      identity: Digest.sha256(of: Array(identity)), overwriting: beginsAnew)
  }
}
