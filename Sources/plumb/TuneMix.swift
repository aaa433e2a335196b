import ModelFiles
import Tokenization
import Tuning

/// Safety examples mixed into the data of a run, whose folder then holds the mixed set.
struct TuneMix {
  /// The mixed set; nil where nothing is mixed in.
  let files: MixedFiles?

  /// Mixes, where the settings ask for it, and writes nothing yet.
  ///
  /// The same choices give the same bytes, so that a run that goes on mixes again.
  init(_ settings: inout TuneSettings, output: String) throws {
    let arm = try settings.choice(.mix, default: MixingRequest.Arm.none)
    guard arm != .none else {
      files = nil
      return
    }
    guard let safety = settings.text(.safety) else {
      throw CommandError.conflict("--mix \(arm.rawValue) needs safety examples; give --safety.")
    }
    let request = MixingRequest(
      arm: arm, rate: try settings.number(.rate, default: 0.1, in: 0...1),
      seed: UInt64(try settings.whole(.seed, default: 0, in: 0...Int.max)))
    files = try MixedFiles(
      user: ExchangeFile(path: try settings.demand(.data)), safety: ExchangeFile(path: safety),
      request: request, output: "\(output)/\(RunFolder.mixedDataName)",
      toolVersion: Version.current)
  }

  /// The examples to train on: those of a file, or the mixed set.
  ///
  /// - Parameters:
  ///   - path: the user's file, whose lines are checked under their own numbers.
  ///   - read: makes examples of prompts.
  /// - Returns: the examples.
  /// - Throws: an error for lines that cannot be learned from.
  func set(_ path: String, _ read: (PromptSet) throws -> TrainingSet) throws -> TrainingSet {
    let own = try read(PromptSet(path: path))
    guard let files else { return own }
    do {
      return try read(PromptSet(path: files.output, content: files.lines))
    } catch let error as TuningError {
      guard case .dataLines(_, let faults, let tooLong) = error else { throw error }
      // The mixed file is not there yet.
      throw TuningError.dataLines(
        path: "\(path) with safety examples mixed in", faults, tooLong: tooLong)
    }
  }

  /// The lines of the mixed set that were added; they are trained on and never held out.
  var addedLines: Set<Int> { Set(files?.manifest.added.map(\.line) ?? []) }
}
