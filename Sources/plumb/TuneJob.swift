import Foundation
import Inference
import ModelFiles
import Reports
import Tuning

/// A run that is ready to start or to go on.
struct TuneJob {
  let folder: RunFolder
  private let plan: TuningPlan
  private let data: TuneData
  private let strategy: TuneStrategy
  private let target: TuneModel
  private let settings: TuneSettings
  private let weightByteLimit: Int
  private let activationByteLimit: Int
  private let threads: Int
  /// SHA-256 of what was read, by name.
  private let digests: [String: String]

  /// Reads all that a run needs and makes its folder.
  ///
  /// - Parameters:
  ///   - settings: the choices.
  ///   - output: the run's folder.
  ///   - opening: how one that is there is taken.
  ///   - config: the configuration file, which must stay.
  ///   - memoryBudget: the bytes that may be used: activations beyond half of them are computed again, weights
  ///     that fit twice into the other half are packed.
  ///   - threads: how many compute.
  /// - Throws: an error for a choice that makes no sense, or a file that cannot be used.
  init(
    _ settings: TuneSettings, output: String, opening: RunFolder.Opening, config: String?,
    memoryBudget: Int, threads: Int
  ) throws {
    var settings = settings
    let model = try ModelOption.open(try settings.demand(.model))
    let digest = model.checkpoint.digest()
    let mix = try TuneMix(&settings, output: output)
    data = try TuneData(&settings, model: model, mix: mix)
    let method = try settings.choice(.method, default: TuneMethod.lora)
    strategy = try TuneStrategy(&settings, model: model, digest: digest, data: data)
    target = try TuneModel(
      &settings, method: method, model: model, digest: digest, frozen: strategy.frozen)
    var plan = try TuningPlan(&settings, shuffles: data.shuffles, method: method)
    plan.usesDropout = target.usesDropout
    try target.demandTrained(plan.moduleRates, settings)
    if plan.patience != nil, data.heldOut.isEmpty {
      throw CommandError.conflict(
        "--patience needs examples to evaluate on; give --held-out or --held-out-share.")
    }
    try settings.demandAllUsed(for: "this run")
    self.plan = plan
    self.settings = settings
    self.threads = threads
    activationByteLimit = max(64 << 20, memoryBudget / 2)
    weightByteLimit = memoryBudget / 2
    let inputs =
      [config].compactMap(\.self) + settings.effective.files.map(\.value)
      + model.filePaths
    try refuse(inputs, inside: output, but: "config.yaml")
    let sources = Self.sources(
      digest: digest, adapter: model.adapterDigest, data: data, strategy: strategy)
    digests = Dictionary(
      uniqueKeysWithValues: sources.compactMap { name, value in
        value.asString.map { (name.string, $0.string) }
      })
    folder = try RunFolder(
      output, opening, identity: Self.identity(settings, sources),
      manifest: [
        "tool_version": .string(Version.current),
        "started": .string(Date().formatted(.iso8601)),
        "host": .string(ProcessInfo.processInfo.hostName),
        "command_line": .array(CommandLine.arguments.map { .string($0) }),
        "threads": .number(threads),
      ], configuration: try settings.yaml())
    try mix.files?.write(overwriting: true)
  }

  private typealias Members = [(key: ByteString, value: JSONValue)]

  /// Digests of what the weights depend on, by name.
  private static func sources(
    digest: String, adapter: String?, data: TuneData, strategy: TuneStrategy
  ) -> Members {
    [
      ("model", .string(digest)),
      ("adapter", adapter.map { .string($0) } ?? .null), ("data", .string(data.set.digest)),
      ("held-out", data.heldOutDigest.map { .string($0) } ?? .null),
      ("template", data.encoder.templateDigest.map { .string($0) } ?? .null),
    ] + strategy.digests
  }

  /// What the weights depend on, by name: digests of files, and every choice that is no file.
  private static func identity(_ settings: TuneSettings, _ sources: Members) -> JSONObject {
    var members: Members = [("schema", .number(1))] + sources
    for (key, value) in settings.effective.countedByWord.inOrder {
      members.append((ByteString(key.rawValue), .string(value)))
    }
    return JSONObject(members)
  }

  /// Trains and writes what came of it; the result comes last.
  func run(
    onProgress: (TuningLoop.Progress) -> Void
  ) throws -> (result: TuningReport, run: TunedRun) {
    let decoder = try target.load(
      seed: plan.seed, weightByteLimit: weightByteLimit, activationByteLimit: activationByteLimit,
      threads: threads)
    let loop = try TuningLoop(
      model: decoder, plan: plan, strategy: strategy.strategy(for: decoder, plan),
      training: data.training, path: data.set.path, heldOut: data.heldOut, folder: folder)
    let outcome: TuningOutcome
    do {
      outcome = try loop.run(
        shouldStop: { Signals.isStopRequested }, onProgress: onProgress)
    } catch {
      Console.endProgress()
      if case .brokenDown = error as? TuningError {
        let broken = report(loop.outcome, of: decoder.tensors)
        // What went wrong is what has to be told, whether or not a page can be written too.
        _ = try? writePages(broken, fault: "\(error)")
      }
      throw error
    }
    let written = try target.write(
      decoder.tensors, to: folder.path,
      origin: "Made by plumb tune \(Version.current) with the strategy \(outcome.strategy): "
        + "\(outcome.steps) steps on \(data.training.count) examples.")
    let result = report(outcome, of: decoder.tensors, written)
    let run = try writePages(result)
    try folder.write(result.json(), to: "result.json")
    return (result, run)
  }

  private func report(
    _ outcome: TuningOutcome, of tensors: [TrainableTensor],
    _ written: (name: String, updates: [UpdateNorm])? = nil
  ) -> TuningReport {
    TuningReport(
      toolVersion: Version.current,
      configuration: Dictionary(
        uniqueKeysWithValues: settings.effective.map { ($0.key.rawValue, $0.value) }),
      digests: digests, training: .init(data.training), heldOut: .init(data.heldOut),
      truncatedExamples: data.set.truncatedCount,
      trainedParameters: tensors.reduce(0) { $0 + $1.count }, weights: written?.name,
      outcome: outcome, updates: written?.updates ?? [])
  }

  private func writePages(_ report: TuningReport, fault: String? = nil) throws -> TunedRun {
    let run = TunedRun(report, log: try TuningLog(path: folder.logPath), fault: fault)
    try folder.write(Array(run.markdown.utf8), to: "report.md")
    try folder.write(Array(run.html(charts: InstalledCharts.find()).utf8), to: "report.html")
    return run
  }

  /// The result of a run that is finished already.
  func finishedResult() throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: "\(folder.path)/result.json")))
  }
}
