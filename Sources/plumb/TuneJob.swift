import Foundation
import Inference
import ModelFiles
import Tuning

/// A run that is ready to start or to go on.
struct TuneJob {
  let folder: RunFolder
  private let plan: TuningPlan
  private let data: TuneData
  private let strategy: TuneStrategy
  private let target: TuneModel
  private let settings: TuneSettings
  private let activationByteLimit: Int
  private let threads: Int

  /// Reads all that a run needs and makes its folder.
  ///
  /// - Parameters:
  ///   - settings: the choices.
  ///   - output: the run's folder.
  ///   - opening: how one that is there is taken.
  ///   - config: the configuration file, which must stay.
  ///   - memoryBudget: the bytes that may be used; activations beyond them are computed again.
  ///   - threads: how many compute.
  /// - Throws: an error for a choice that makes no sense, or a file that cannot be used.
  init(
    _ settings: TuneSettings, output: String, opening: RunFolder.Opening, config: String?,
    memoryBudget: Int, threads: Int
  ) throws {
    var settings = settings
    let model = try ModelOption.open(try settings.demand(.model))
    let digest = model.checkpoint.digest()
    let mixed = try TuneMix(&settings, output: output)
    data = try TuneData(&settings, model: model, mixed: mixed.path)
    let method = try settings.choice(.method, default: TuneMethod.lora)
    strategy = try TuneStrategy(&settings, model: model, digest: digest, data: data)
    target = try TuneModel(
      &settings, method: method, model: model, digest: digest, frozen: strategy.frozen)
    var plan = try TuningPlan(&settings, shuffles: data.shuffles, method: method)
    plan.usesDropout = target.usesDropout
    if plan.patience != nil, data.heldOut.isEmpty {
      throw CommandError.conflict(
        "--patience needs examples to evaluate on; give --held-out or --held-out-share.")
    }
    try settings.demandAllUsed(for: "this run")
    self.plan = plan
    self.settings = settings
    self.threads = threads
    activationByteLimit = max(64 << 20, memoryBudget / 2)
    let inputs = [config].compactMap(\.self) + settings.files + model.filePaths
    try Self.refuse(inside: output, inputs)
    folder = try RunFolder(
      output, opening,
      identity: Self.identity(
        settings, digest: digest, adapter: model.adapterDigest, data: data, strategy: strategy),
      manifest: [
        "tool_version": .string(Version.current),
        "started": .string(Date().formatted(.iso8601)),
        "host": .string(ProcessInfo.processInfo.hostName),
        "command_line": .array(CommandLine.arguments.map { .string($0) }),
        "threads": .number(threads),
      ], configuration: try settings.yaml())
  }

  /// What the weights depend on, by name: digests of files, and every choice that is no file.
  private static func identity(
    _ settings: TuneSettings, digest: String, adapter: String?, data: TuneData,
    strategy: TuneStrategy
  ) -> JSONObject {
    var members: [(key: ByteString, value: JSONValue)] = [
      ("schema", .number(1)), ("model", .string(digest)),
      ("adapter", adapter.map { .string($0) } ?? .null), ("data", .string(data.set.digest)),
      ("held-out", data.heldOutDigest.map { .string($0) } ?? .null),
      ("template", data.encoder.templateDigest.map { .string($0) } ?? .null),
    ]
    members += strategy.digests
    for (key, value) in settings.effective where !key.isFile && !key.leavesWeights {
      members.append((ByteString(key.rawValue), .string(value)))
    }
    return JSONObject(members)
  }

  /// Refuses a folder in which an input lies, which overwriting would remove.
  private static func refuse(inside output: String, _ inputs: [String]) throws {
    func resolved(_ path: String) -> String {
      URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    }
    let folder = resolved(output) + "/"
    for input in inputs
    where resolved(input).hasPrefix(folder) && !resolved(input).hasSuffix("/config.yaml") {
      throw CommandError.conflict(
        "--output \(ByteString(output)) holds \(ByteString(input)), which is one of the inputs; choose "
          + "another folder.")
    }
  }

  /// Trains and writes what came of it; the result comes last.
  func run(onProgress: (TuningLoop.Progress) -> Void) throws -> TuneResult {
    let decoder = try target.load(
      seed: plan.seed, activationByteLimit: activationByteLimit, threads: threads)
    let loop = try TuningLoop(
      model: decoder, plan: plan, strategy: strategy.strategy(for: decoder, plan),
      training: data.training, path: data.set.path, heldOut: data.heldOut, folder: folder)
    let outcome: TuningOutcome
    do {
      outcome = try loop.run(
        shouldStop: { Signals.isStopRequested }, onProgress: onProgress)
    } catch {
      Console.endProgress()
      throw error
    }
    let written = try target.write(
      decoder.tensors, to: folder.path,
      origin: "Made by plumb tune \(Version.current) with the strategy \(outcome.strategy): "
        + "\(outcome.steps) steps on \(data.training.count) examples.")
    let result = TuneResult(
      toolVersion: Version.current, settings: settings, outcome: outcome,
      trainingExamples: data.training.count, heldOutExamples: data.heldOut.count,
      truncatedExamples: data.set.truncatedCount,
      trainedParameters: decoder.tensors.reduce(0) { $0 + $1.count }, weights: written.name,
      updates: written.updates)
    try folder.write(result.json(), to: "result.json")
    return result
  }

  /// The result of a run that is finished already.
  func finishedResult() throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: "\(folder.path)/result.json")))
  }
}

extension TuneSettings {
  /// The files that were named.
  fileprivate var files: [String] {
    effective.filter { $0.key.isFile && $0.key != .model }.map(\.value)
  }
}
