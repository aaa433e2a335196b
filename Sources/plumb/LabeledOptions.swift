import ArgumentParser
import Kernels
import Probes

/// What every analysis with labelled prompts takes, beside its models.
struct LabeledOptions: ParsableArguments {
  @Option(
    help: """
      A JSONL or CSV file with prompt and label (1 harmful, 0 harmless), and group, pair and split where \
      there are any.
      """)
  var prompts: String
  @Option(help: "The column with the labels.")
  var label = "label"
  @Option(help: "The label that counts as 1; by default 1, true or harmful.")
  var positive: String?
  @Option(help: "The column whose groups are never divided (default: group, if there).")
  var group: String?
  @OptionGroup private var analysis: AnalysisOptions

  /// Which columns say what.
  var columns: LabelColumns { LabelColumns(label: label, positive: positive, group: group) }
  /// The folder for the results.
  var output: String { analysis.output }
  /// How prompts become tokens.
  var promptOptions: PromptOptions { analysis.promptOptions }
  /// The precision of products with weights.
  var precision: Precision { get throws { try analysis.precision } }
  /// Seed of every draw.
  var seed: UInt64 { analysis.seed }
  /// How the command runs.
  var run: RunOptions { analysis.run }
}
