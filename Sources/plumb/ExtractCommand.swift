import Activations
import ArgumentParser
import Foundation
import Inference
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

      With --shard, each of n processes does a part of about as many tokens and writes a file of its own: \
      shard 2/4 of --output acts.h5 is acts-00002-of-00004.h5. The same command, once for each shard or \
      with auto under mpirun, srun, a job array or an indexed job, makes all of them; a shard that is \
      finished is left as it is. Where the launcher does not tell n, give it as auto/n.
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
  @Option(help: "The type of the stored values: f32, f16 or bf16.")
  var store = "f32"
  @OptionGroup var promptOptions: PromptOptions
  @Flag(help: "Put the rendered prompts' text into the file.")
  var storeText = false
  @OptionGroup var sharding: ShardOption
  @OptionGroup var options: RunOptions

  func run() throws {
    let started = Date()
    Signals.deferStops()
    let work = try sharding.work(output: output, overwriting: options.overwrite)
    // A shard's file may be there and finished, and the whole's may be, too.
    try ActivationWriter.demandFree(
      path: output, overwriting: options.overwrite || work.shard != nil)
    let output = work.output
    let threads = options.threads(of: work.worker)
    let checkpoint = try model.open()
    try refuseToReplaceInputs(checkpoint, with: output)
    let request = try request(of: checkpoint)
    let set = try PromptSet(path: prompts)
    if let shard = work.shard, shard.isEmpty(ofPrompts: set.prompts.count) {
      return try report(emptyShard: shard, of: set, started: started)
    }
    let plan = try ExtractionPlan(
      request, prompts: set, checkpoint: checkpoint,
      encoder: try PromptEncoder(checkpoint.tokenizer, options: promptOptions.options),
      toolVersion: Version.current, shard: work.shard ?? Shard(0, of: 1))
    if work.shard != nil, !options.overwrite, try plan.store.isFinished(at: output) {
      return try report(finished: plan.store, work, started: started)
    }
    let decoder = try Decoder(
      checkpoint, includingHead: request.sites.contains(.logits), threads: threads)
    try checkResidualIdentity(of: decoder, on: plan.prompts[0])
    let writer = try ActivationWriter(
      plan.store, path: output, overwriting: options.overwrite)

    let extraction = Extraction(decoder: decoder, prompts: plan.prompts, writer: writer)
    let total = extraction.missingTokenCount
    let bar = SharedProgress(label: "extract", unit: "tokens")
    let isComplete = try extraction.run(
      threads: threads, shouldStop: { Signals.isStopRequested },
      onProgress: { bar.update(done: $0, of: total) })
    Console.endProgress()
    guard isComplete else {
      try writer.synchronize()
      throw CommandError.interrupted(output: output)
    }
    let manifest = try writer.finish(
      RunManifest.Conditions(
        started: started, host: ProcessInfo.processInfo.hostName,
        commandLine: CommandLine.arguments, threadCount: threads, sharesPrefixes: false,
        shardCount: work.shard?.count ?? 1))
    try report(manifest, work, started: started)
  }

  private func request(of checkpoint: Checkpoint) throws -> ExtractionRequest {
    ExtractionRequest(
      sites: try SiteSelection.parse(sites),
      layers: try LayerSelection.parse(
        layers, layerCount: checkpoint.configuration.layerCount),
      positions: try PositionSelection.parse(positions),
      storedType: try storedType, storesText: storeText)
  }

  /// One short prompt is enough: the identity holds for any tokens or for none.
  private func checkResidualIdentity(of decoder: Decoder, on prompt: TokenizedPrompt) throws {
    var space = DecoderWorkspace(for: decoder.description)
    try decoder.checkResidualIdentity(tokens: Array(prompt.ids.prefix(8)), &space)
  }

  /// An output must not take the place of what it is made from.
  private func refuseToReplaceInputs(_ checkpoint: Checkpoint, with output: String) throws {
    func resolved(_ path: String) -> String {
      URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    }
    let target = resolved(output)
    for input in [prompts, checkpoint.path] where resolved(input) == target {
      throw CommandError.conflict(
        "--output \(ByteString(output)) is one of the inputs; choose another name.")
    }
  }

  private var storedType: StoredType {
    get throws {
      guard let type = StoredType(rawValue: store) else {
        throw CommandError.option(name: "store", value: store, expected: "f32, f16 or bf16")
      }
      return type
    }
  }

  private func report(
    _ manifest: RunManifest, _ work: ShardOption.Work, started: Date
  ) throws {
    let counts = manifest.counts
    let seconds = Date().timeIntervalSince(started)
    let megabytes = Double(manifest.fileByteCount) / 1e6
    try report(
      ExtractionSummary(
        output: work.output, shard: work.shard?.description, prompts: counts.promptCount,
        tokens: counts.tokenCount, rows: counts.rowCount, bytes: manifest.fileByteCount,
        sha256: manifest.fileDigest, seconds: seconds,
        nonFinitePrompts: counts.nonFinitePromptCount),
      """
      \(work.output): \(counts.promptCount) prompts, \(counts.tokenCount) tokens, \
      \(counts.rowCount) rows at each site and layer, \(megabytes.rounded(toPlaces: 1)) MB, in \
      \(seconds.rounded(toPlaces: 1)) s.
      """)
    if counts.nonFinitePromptCount > 0 && !options.json {
      Console.message(
        "plumb: \(counts.nonFinitePromptCount) prompts have values that are not finite; "
          + "/prompts/status marks them.")
    }
  }

  /// A shard's command may come again when others are repeated, and has nothing left to do.
  private func report(
    finished store: StorePlan, _ work: ShardOption.Work, started: Date
  ) throws {
    try report(
      ExtractionSummary(
        output: work.output, shard: work.shard?.description, prompts: store.prompts.count,
        tokens: store.tokens.ids.count, rows: store.rows.count,
        seconds: Date().timeIntervalSince(started)),
      "\(work.output) is finished already.")
  }

  /// A shard beyond the last unit is no mistake where a job has more processes than there is work for.
  private func report(emptyShard shard: Shard, of set: PromptSet, started: Date) throws {
    try report(
      ExtractionSummary(
        shard: shard.description, prompts: 0, tokens: 0, rows: 0,
        seconds: Date().timeIntervalSince(started)),
      """
      Shard \(shard) has no prompts and writes no file: \(set.prompts.count) prompts, divided by \
      \(CommitUnits.promptsPerUnit), are enough for the shards before it.
      """)
  }

  private func report(_ summary: ExtractionSummary, _ sentence: String) throws {
    try options.json ? Console.output(json: summary) : Console.output(sentence)
  }
}

/// What `plumb extract --json` prints.
private struct ExtractionSummary: Encodable {
  /// The file; nil where there is nothing to write.
  var output: String?
  var shard: String?
  let prompts: Int
  let tokens: Int
  let rows: Int
  /// Of a file that this run wrote.
  var bytes: Int?
  var sha256: String?
  let seconds: Double
  var nonFinitePrompts: Int?
}

extension Double {
  /// Rounded to some decimal places, for people.
  func rounded(toPlaces places: Int) -> Double {
    let factor = pow(10, Double(places))
    return (self * factor).rounded() / factor
  }
}
