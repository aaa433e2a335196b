import ArgumentParser
import Probes

/// Refuses a limit on prompts that leaves fewer than any analysis takes.
///
/// - Parameters:
///   - count: the limit.
///   - option: what it is called, without dashes.
///   - classes: how many classes share it.
/// - Throws: `ValidationError` that says how many are needed.
func demandEnoughPrompts(_ count: Int, option: String, classes: Int = 1) throws {
  let least = classes * LabeledPrompts.leastPerClass
  guard count >= least else {
    throw ValidationError("--\(option) must be at least \(least).")
  }
}
