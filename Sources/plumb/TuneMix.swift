import ModelFiles
import Tuning

/// Safety examples mixed into the data of a run.
struct TuneMix {
  private enum Arm: String, CaseIterable {
    case none, base, longest, mimic
  }

  /// The mixed file; nil where nothing is mixed in.
  let path: String?

  /// Mixes, where the settings ask for it.
  init(_ settings: inout TuneSettings, output: String) throws {
    guard try settings.choice(.mix, default: Arm.none) != .none else {
      path = nil
      return
    }
    throw CommandError.conflict(
      "--mix is not built in here; mix with plumb mix first and give its file as --data.")
  }
}
