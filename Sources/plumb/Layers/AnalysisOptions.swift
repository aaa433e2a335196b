import ArgumentParser
import Kernels
import Probes

/// What every analysis with labelled prompts takes, beside its models.
struct AnalysisOptions: ParsableArguments {
  @Option(
    help: """
      A JSONL or CSV file with prompt and label (1 harmful, 0 harmless), and group, pair and split where \
      there are any.
      """)
  var prompts: String
  @Option(help: "The folder for the results.")
  var output: String
  @Option(help: "The column with the labels.")
  var label = "label"
  @Option(help: "The label that counts as 1; by default 1, true or harmful.")
  var positive: String?
  @Option(help: "The column whose groups are never divided (default: group, if there).")
  var group: String?
  @OptionGroup var promptOptions: PromptOptions
  @Option(
    name: .customLong("precision"), help: "The precision of products with weights: f32 or bf16.")
  private var precisionName = "f32"
  @Option(help: "Seed of every draw.")
  var seed: UInt64 = 0
  @OptionGroup var run: RunOptions

  /// Which columns say what.
  var columns: LabelColumns { LabelColumns(label: label, positive: positive, group: group) }

  /// The precision of products with weights.
  var precision: Precision {
    get throws { try choice(precisionName, of: Precision.self, option: "precision") }
  }
}
