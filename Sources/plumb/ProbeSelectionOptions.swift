import ArgumentParser
import Probes

/// Which columns of a store say what, and which of its prompts are wanted.
struct ProbeSelectionOptions: ParsableArguments {
  @Option(help: "The column with the labels.")
  var label = "label"
  @Option(help: "The label that counts as 1; by default 1, true or harmful.")
  var positive: String?
  @Option(help: "The column whose groups stay together in a fold (default: group, if there).")
  var group: String?
  @Option(help: "The column with the sources (default: source, if there).")
  var source: String?
  @Option(help: "Use the prompts of this split only.")
  var split: String?

  /// The columns and values chosen.
  var selection: ProbeSelection {
    ProbeSelection(label: label, positive: positive, group: group, source: source, split: split)
  }

  /// The same for further stores, in which every prompt may be of class 0.
  var ofLookalikes: ProbeSelection {
    var selection = selection
    selection.positiveMayBeAbsent = true
    return selection
  }
}
