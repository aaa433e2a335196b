import Foundation
import Inference
import Kernels
import ModelFiles
import Probes
import Reports

extension LayersInput {
  /// The parts of the data, with prompts of both classes to fit on and to report on.
  func separationParts() throws -> [PromptPart] {
    let parts = try labeled.disjointParts(seed: checks.seed)
    try labeled.demandBothClasses(in: [.train, .test], parts)
    return parts
  }

  /// A tuning towards which modules are moved; needed by `delta` and by nothing else.
  func towards(_ name: String?, _ kind: ModuleDisturbance.Kind) throws -> AdaptedModel? {
    switch (name, kind) {
    case (nil, .delta):
      throw CommandError.conflict(
        "--disturbance delta moves modules towards another model; name a tuning of this one with --toward."
      )
    case (_?, .noise), (_?, .shrink), (_?, .drop), (_?, .quant):
      throw CommandError.conflict(
        "--toward is for --disturbance delta; leave it out, or ask for delta.")
    default: return try name.map { try openOfSameShape($0) }
    }
  }

  /// Opens the log of an analysis, whose readings depend on what is named here and on nothing else.
  ///
  /// - Parameters:
  ///   - analysis: which one.
  ///   - options: how modules are disturbed.
  ///   - other: another model that takes part.
  /// - Returns: the log.
  /// - Throws: an error where the folder cannot be made, or the log is of another analysis.
  func readingLog(
    _ analysis: String, _ options: ModuleOptions, other: AdaptedModel?
  ) throws -> ReadingLog {
    struct Identity: Encodable {
      let analysis: String
      let origin: LayersOrigin
      let options: ModuleOptions
      let otherModel: String?
      let otherAdapter: String?
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let identity = try encoder.encode(
      Identity(
        analysis: analysis, origin: origin, options: options,
        otherModel: other?.checkpoint.digest(), otherAdapter: other?.adapterDigest))
    try outputs.makeFolder()
    return try ReadingLog(
      path: (folder as NSString).appendingPathComponent(ReadingLog.fileName),
      identity: Digest.sha256(of: Array(identity)), overwriting: beginsAnew)
  }

  /// Runs an analysis of modules with a progress bar; one that is interrupted keeps its readings.
  func readingModules<Result>(
    _ label: String, _ body: (_ onReading: @escaping (Int, Int) -> Bool) throws -> Result?
  ) throws -> Result {
    let bar = SharedProgress(label: label, unit: "readings")
    let found = try body { done, expected in
      bar.update(done: done, of: expected)
      return !Signals.isStopRequested
    }
    Console.endProgress()
    guard let found else { throw CommandError.interruptedReadings(output: folder) }
    return found
  }
}
