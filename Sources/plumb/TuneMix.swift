import Foundation
import ModelFiles
import Tuning

/// Safety examples mixed into the data of a run, whose folder then holds the mixed file.
struct TuneMix {
  /// The mixed file; nil where nothing is mixed in.
  let path: String?

  /// Mixes, where the settings ask for it, into `data.jsonl` in the run's folder.
  ///
  /// The same choices give the same bytes, so that a run that goes on mixes again.
  init(_ settings: inout TuneSettings, output: String) throws {
    let path = "\(output)/data.jsonl"
    let arm = try settings.choice(.mix, default: MixingRequest.Arm.none)
    guard arm != .none else {
      self.path = nil
      return
    }
    guard let safety = settings.text(.safety) else {
      throw CommandError.conflict("--mix \(arm.rawValue) needs safety examples; give --safety.")
    }
    let request = MixingRequest(
      arm: arm, rate: try settings.number(.rate, default: 0.1, in: 0...1),
      seed: UInt64(try settings.whole(.seed, default: 0, in: 0...Int.max)))
    let files = try MixedFiles(
      user: ExchangeFile(path: try settings.demand(.data)), safety: ExchangeFile(path: safety),
      request: request, output: path, toolVersion: Version.current)
    guard
      (try? FileManager.default.createDirectory(atPath: output, withIntermediateDirectories: true))
        != nil
    else { throw ModelFileError.cannotWrite(path: output, step: .create, code: errno) }
    for name in MixedFiles.names(output: path) where FileManager.default.fileExists(atPath: name) {
      try FileManager.default.removeItem(atPath: name)
    }
    try files.write()
    self.path = path
  }
}
