import ArgumentParser
import Foundation

/// What every longer command takes.
struct RunOptions: ParsableArguments {
  @Option(help: "How many threads compute (default: all processors this process may use).")
  var threads: Int = ProcessInfo.processInfo.activeProcessorCount
  @Flag(help: "Replace an output that exists.")
  var overwrite = false
  @Flag(help: "Print the result as JSON to standard output.")
  var json = false

  func validate() throws {
    guard (1...1024).contains(threads) else {
      throw ValidationError("--threads must be between 1 and 1024, not \(threads).")
    }
  }
}
