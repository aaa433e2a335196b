import ArgumentParser
import Foundation

/// How many threads a command computes with.
struct ThreadOption: ParsableArguments {
  @Option(help: "How many threads compute (default: all processors this process may use).")
  var threads: Int = ProcessInfo.processInfo.activeProcessorCount

  func validate() throws {
    guard (1...1024).contains(threads) else {
      throw ValidationError("--threads must be between 1 and 1024, not \(threads).")
    }
  }
}
