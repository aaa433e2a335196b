import Activations
import ArgumentParser

/// Reads a store again from end to end.
struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Read a store from end to end and compare every checksum.")

  @Argument(help: "An activation store, finished or not.")
  var store: String

  func run() throws {
    let check = try StoreVerification(path: store)
    let written = check.unitCount - check.missingUnits.count
    try Console.output(
      "\(written) of \(check.unitCount) units of 64 prompts are written, "
        + "\(check.damagedUnits.count) of them damaged; prompts with values that are not finite: "
        + "\(check.counts.nonFinitePromptCount), too large for the stored type: "
        + "\(check.counts.overflowPromptCount).")
    guard check.isWhole else {
      throw CommandError.notWhole(
        path: store, missing: check.missingUnits.count, damaged: check.damagedUnits.count)
    }
  }
}
