import Activations
import ArgumentParser
import ModelFiles
import Reports

extension InspectCommand {
  static var comparisonHelp: String {
    """
    With --compare: cosine similarity and relative RMS error of every site and layer that two stores \
    of the same prompts share, and what differs between the two captures. The second is measured \
    against the first. Unfinished stores are compared as far as both are written.
    """
  }

  func validate() throws {
    if compare && other == nil {
      throw ValidationError("--compare takes two stores: plumb inspect --compare A.h5 B.h5.")
    }
    if !compare && other != nil {
      throw ValidationError(
        "inspect describes one model or store; to compare two stores, give --compare.")
    }
    if model != nil && (compare || !AdapterFile.isAdapter(path)) {
      throw ValidationError(
        "--model is what an adapter is measured against; name the adapter's folder.")
    }
    if compare && tensors {
      throw ValidationError("--tensors lists a model's tensors, and --compare takes stores.")
    }
  }

  /// Says how far two stores are apart.
  func printComparison(of first: String, with second: String) throws {
    let bar = SharedProgress(label: "compare", unit: "rows")
    let comparison = try StoreComparison(
      ActivationStore(path: first), ActivationStore(path: second), threads: threading.threads,
      onProgress: { done, total in bar.update(done: done, of: total) })
    Console.endProgress()
    let report = ComparisonReport(comparison, toolVersion: Version.current)
    try Console.output(bytes: json ? report.json() : Array(report.terminalText.utf8))
  }
}
