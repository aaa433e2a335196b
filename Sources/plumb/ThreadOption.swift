import Activations
import ArgumentParser

/// How many threads a command computes with.
struct ThreadOption: ParsableArguments {
  @Option(
    name: .customLong("threads"),
    help: "How many threads compute (default: all processors this process may use).")
  private var given: Int?

  func validate() throws {
    guard let given, !(1...1024).contains(given) else { return }
    throw ValidationError("--threads must be between 1 and 1024, not \(given).")
  }

  /// How many threads compute.
  var threads: Int { threads(of: nil) }

  /// How many threads compute in one of several processes.
  func threads(of worker: LauncherWorker?) -> Int {
    given ?? worker.map(Processors.share) ?? Processors.available
  }
}
