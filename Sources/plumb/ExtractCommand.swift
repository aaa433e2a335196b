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
  @Option(help: "The precision of products with weights: f32 or bf16.")
  var precision = "f32"
  @Option(help: "The type of the stored values: f32, f16 or bf16.")
  var store = "f32"
  @OptionGroup var promptOptions: PromptOptions
  @Flag(help: "Put the rendered prompts' text into the file.")
  var storeText = false
  @OptionGroup var sharding: ShardOption
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
    let work = try sharding.work(output: output, overwriting: options.overwrite)
    // A shard's file may be there and finished, and the whole's may be, too.
    try ActivationWriter.demandFree(
      path: output, overwriting: options.overwrite || work.shard != nil)
    let model = try model.open()
    let checkpoint = model.checkpoint
    try refuse(
      replacing: [prompts] + model.filePaths, by: ActivationWriter.names(path: work.output))
    let request = try request(of: checkpoint)
    let set = try PromptSet(path: prompts)
    if let shard = work.shard, shard.isEmpty(ofPrompts: set.prompts.count) {
      return try report(emptyShard: shard, of: set, started: started)
    }
    let plan = try ExtractionPlan(
      request, prompts: set, checkpoint: checkpoint, adapterDigest: model.adapterDigest,
      encoder: try PromptEncoder(checkpoint.tokenizer, options: promptOptions.options),
      toolVersion: Version.current, shard: work.shard ?? Shard(0, of: 1))
    if work.shard != nil, !options.overwrite, try plan.store.isFinished(at: work.output) {
      return try report(finished: plan.store, work, started: started)
    }
    let description = DecoderDescription(checkpoint.configuration)
    let schedule = try ExtractionSchedule(
      plan, for: description, budget: try memory.budget(of: work.worker),
      threads: options.threads(of: work.worker), sharesPrefixes: !omitsPrefixSharing)
    if dryRun || Console.isInteractive {
      let estimate = ExtractionEstimate(plan, schedule, for: description)
      if dryRun { return try report(estimate, schedule, output: work.output) }
      Console.message(lines(estimate, schedule, output: work.output).joined(separator: "\n"))
    }
    let manifest = try extract(plan, schedule, from: model, work, started: started)
    try report(manifest, work, started: started)
  }

  /// Loads the model and fills the store.
  private func extract(
    _ plan: ExtractionPlan, _ schedule: ExtractionSchedule, from model: AdaptedModel,
    _ work: ShardOption.Work, started: Date
  ) throws -> RunManifest {
    try ActivationWriter.demandRoom(for: plan.store, path: work.output)
    let identity = plan.store.identity
    let decoder = try Decoder(
      model, includingHead: identity.sites.contains(SiteKind.logits.rawValue),
      precision: identity.precision, keptLayers: schedule.keptLayers, threads: schedule.threads)
    try checkResidualIdentity(of: decoder, on: plan.prompts[0])
    let writer = try ActivationWriter(
      plan.store, path: work.output, overwriting: options.overwrite)
    let loading = Date().timeIntervalSince(started)

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
      throw CommandError.interrupted(output: work.output)
    }
    return try writer.finish(
      RunManifest.Conditions(
        started: started, host: ProcessInfo.processInfo.hostName,
        commandLine: CommandLine.arguments, threadCount: schedule.threads,
        memoryBudget: schedule.budget, sharesPrefixes: schedule.sharesPrefixes,
        shardCount: work.shard?.count ?? 1, batchPlan: schedule.json,
        timings: outcome.timings(loading: loading)))
  }

  private func request(of checkpoint: Checkpoint) throws -> ExtractionRequest {
    ExtractionRequest(
      sites: try SiteSelection.parse(sites),
      layers: try LayerSelection.parse(
        layers, layerCount: checkpoint.configuration.layerCount),
      positions: try PositionSelection.parse(positions),
      precision: try choice(precision, of: Precision.self, option: "precision"),
      storedType: try choice(store, of: StoredType.self, option: "store"), storesText: storeText)
  }

  /// One short prompt is enough: the identity holds for any tokens or for none.
  private func checkResidualIdentity(of decoder: Decoder, on prompt: TokenizedPrompt) throws {
    var space = DecoderWorkspace(for: decoder.description)
    try decoder.checkResidualIdentity(tokens: Array(prompt.ids.prefix(8)), &space)
  }

}
