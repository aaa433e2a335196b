import Activations
import ArgumentParser

/// Reads a store again from end to end.
struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Read a store from end to end and compare every checksum.")

  @Argument(help: "An activation store, finished or not.")
  var store: String
  @Flag(help: "Print the result as JSON to standard output.")
  var json = false

  func run() throws {
    let opened = try ActivationStore(path: store)
    let check = try StoreVerification(opened)
    try report(check, of: opened)
    try check.demandWhole(path: store)
  }

  private func report(_ check: StoreVerification, of opened: ActivationStore) throws {
    let written = check.unitCount - check.missingUnits.count
    if json {
      try Console.output(
        json: VerificationSummary(
          store: store, form: opened.form.rawValue, whole: check.isWhole, units: check.unitCount,
          missingUnits: check.missingUnits, damagedUnits: check.damagedUnits,
          changedSources: check.changedSources, sha256: check.fileDigest,
          matchesManifest: check.isAsRecorded,
          nonFinitePrompts: check.counts.nonFinitePromptCount,
          overflowPrompts: check.counts.overflowPromptCount))
      return
    }
    let manifest =
      switch check.isAsRecorded {
      case true?: "the manifest tells of this very file"
      case false?: "the manifest tells of another file"
      case nil: "there is no manifest"
      }
    try Console.output(
      "\(written) of \(check.unitCount) units of 64 prompts are written, "
        + "\(check.damagedUnits.count) of them damaged; \(manifest); prompts with values that are "
        + "not finite: \(check.counts.nonFinitePromptCount), too large for the stored type: "
        + "\(check.counts.overflowPromptCount).")
  }
}

/// What `plumb verify --json` prints.
private struct VerificationSummary: Encodable {
  let store: String
  let form: String
  let whole: Bool
  let units: Int
  let missingUnits: [Int]
  let damagedUnits: [Int]
  let changedSources: [String]
  let sha256: String
  /// Left out where there is no manifest.
  let matchesManifest: Bool?
  let nonFinitePrompts: Int
  let overflowPrompts: Int
}
