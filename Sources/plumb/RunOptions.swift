import Activations
import ArgumentParser

/// What every longer command takes.
struct RunOptions: ParsableArguments {
  @OptionGroup private var threading: ThreadOption
  @Flag(help: "Replace an output that exists.")
  var overwrite = false
  @Flag(help: "Print the result as JSON to standard output.")
  var json = false

  /// How many threads compute.
  var threads: Int { threading.threads }

  /// How many threads compute in one of several processes.
  func threads(of worker: LauncherWorker?) -> Int { threading.threads(of: worker) }
}
