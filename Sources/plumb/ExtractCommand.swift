import Activations
import ArgumentParser
import Foundation
import Inference
import Kernels
import ModelFiles
import Tokenization

/// Writes a model's activations on prompts to an HDF5 file.
struct ExtractCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "extract",
    abstract: "Write a model's activations on your prompts to an HDF5 file.",
    usage: "plumb extract --model M --prompts P --output X.h5 [<options>]",
    discussion: """
      Each prompt is rendered with the model's chat template as a user's turn followed by the opening \
      of the reply. The file is OUTPUT.part until it is complete; run the same command again after an \
      interruption and it goes on where it stopped.
      """)

  @OptionGroup var model: ModelOption
  @Option(help: "A JSONL or CSV file with prompt or messages, and any columns of yours.")
  var prompts: String
  @Option(help: "The HDF5 file to write.")
  var output: String
  @Option(help: "Sites such as resid_post,attn_out,mlp_out,attn.z.")
  var sites = "resid_post"
  @Option(help: "Layers such as 0-9,14 or all.")
  var layers = "all"
  @Option(
    help: "Positions: last, all, mean, user.first, user.last, template.tail, template.tail[k], …")
  var positions = "last"
  @Option(help: "The precision of products with weights: f32 or bf16.")
  var precision = "f32"
  @Option(help: "The type of the stored values: f32, f16 or bf16.")
  var store = "f32"
  @OptionGroup var promptOptions: PromptOptions
  @Flag(help: "Put the rendered prompts' text into the file.")
  var storeText = false
  @OptionGroup var memory: MemoryOption
  @Flag(
    name: .customLong("no-prefix-sharing"),
    help: "Compute what prompts have in common again for each; the file is the same.")
  var omitsPrefixSharing = false
  @Flag(help: "Print what would be done, how long it would take and how large the file would be.")
  var dryRun = false
  @OptionGroup var options: RunOptions

  func run() throws {
    let started = Date()
    Signals.deferStops()
    try ActivationWriter.demandFree(path: output, overwriting: options.overwrite)
    let checkpoint = try model.open()
    try refuseToReplaceInputs(checkpoint)
    let configuration = checkpoint.configuration
    let request = ExtractionRequest(
      sites: try SiteSelection.parse(sites),
      layers: try LayerSelection.parse(layers, layerCount: configuration.layerCount),
      positions: try PositionSelection.parse(positions),
      precision: try choice(precision, of: Precision.self, option: "precision"),
      storedType: try choice(store, of: StoredType.self, option: "store"), storesText: storeText)
    let plan = try ExtractionPlan(
      request, prompts: try PromptSet(path: prompts), checkpoint: checkpoint,
      encoder: try PromptEncoder(checkpoint.tokenizer, options: promptOptions.options),
      toolVersion: Version.current)
    let description = DecoderDescription(configuration)
    let schedule = try ExtractionSchedule(
      plan, for: description, budget: try memory.budget, threads: options.threads,
      sharesPrefixes: !omitsPrefixSharing)
    if dryRun || Console.isInteractive {
      let estimate = ExtractionEstimate(plan, schedule, for: description)
      if dryRun { return try report(estimate, schedule) }
      for line in lines(estimate, schedule) { Console.message(line) }
    }
    let decoder = try Decoder(
      checkpoint, includingHead: request.sites.contains(.logits), precision: request.precision,
      keptLayers: schedule.keptLayers, threads: options.threads)
    try checkResidualIdentity(of: decoder, on: plan.prompts[0])
    let writer = try ActivationWriter(plan.store, path: output, overwriting: options.overwrite)
    let loaded = Date()

    let extraction = Extraction(
      decoder: decoder, prompts: plan.prompts, schedule: schedule, writer: writer)
    let total = extraction.missingTokenCount
    let bar = SharedProgress(label: "extract", unit: "tokens")
    let outcome = try extraction.run(
      shouldStop: { Signals.isStopRequested },
      onProgress: { bar.update(done: $0, of: total) })
    Console.endProgress()
    guard outcome.isComplete else {
      try writer.synchronize()
      throw CommandError.interrupted(output: output)
    }
    let manifest = try writer.finish(
      RunManifest.Conditions(
        started: started, host: ProcessInfo.processInfo.hostName,
        commandLine: CommandLine.arguments, threadCount: options.threads,
        memoryBudget: schedule.budget, sharesPrefixes: schedule.sharesPrefixes,
        batchPlan: schedule.json,
        timings: outcome.timings(loading: loaded.timeIntervalSince(started))))
    try report(manifest, seconds: Date().timeIntervalSince(started), tokens: total)
  }

  /// One short prompt is enough: the identity holds for any tokens or for none.
  private func checkResidualIdentity(of decoder: Decoder, on prompt: TokenizedPrompt) throws {
    var space = DecoderWorkspace(for: decoder.description)
    try decoder.checkResidualIdentity(tokens: Array(prompt.ids.prefix(8)), &space)
  }

  /// An output must not take the place of what it is made from.
  private func refuseToReplaceInputs(_ checkpoint: Checkpoint) throws {
    func resolved(_ path: String) -> String {
      URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    }
    let target = resolved(output)
    for input in [prompts, checkpoint.path] where resolved(input) == target {
      throw CommandError.conflict(
        "--output \(ByteString(output)) is one of the inputs; choose another name.")
    }
  }

  private func report(_ manifest: RunManifest, seconds: Double, tokens: Int) throws {
    let counts = manifest.counts
    if options.json {
      let summary = ExtractionSummary(
        output: output, prompts: counts.promptCount, tokens: counts.tokenCount,
        rows: counts.rowCount, bytes: manifest.fileByteCount, sha256: manifest.fileDigest,
        seconds: seconds, nonFinitePrompts: counts.nonFinitePromptCount)
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      encoder.keyEncodingStrategy = .convertToSnakeCase
      try Console.output(bytes: Array(encoder.encode(summary)) + [UInt8(ascii: "\n")])
      return
    }
    let megabytes = Double(manifest.fileByteCount) / 1e6
    try Console.output(
      "\(output): \(counts.promptCount) prompts, \(counts.tokenCount) tokens, "
        + "\(counts.rowCount) rows at each site and layer, \(megabytes.rounded(toPlaces: 1)) MB, "
        + "in \(seconds.rounded(toPlaces: 1)) s.")
    if counts.nonFinitePromptCount > 0 {
      Console.message(
        "plumb: \(counts.nonFinitePromptCount) prompts have values that are not finite; "
          + "/prompts/status marks them.")
    }
  }
}

/// What `plumb extract --json` prints.
private struct ExtractionSummary: Encodable {
  let output: String
  let prompts: Int
  let tokens: Int
  let rows: Int
  let bytes: Int
  let sha256: String
  let seconds: Double
  let nonFinitePrompts: Int
}

extension Double {
  /// Rounded to some decimal places, for people.
  func rounded(toPlaces places: Int) -> Double {
    let factor = pow(10, Double(places))
    return (self * factor).rounded() / factor
  }
}
