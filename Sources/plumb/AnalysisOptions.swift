import ArgumentParser
import Kernels

/// What every analysis of prompts and models takes beside them.
struct AnalysisOptions: ParsableArguments {
  @Option(help: "The folder for the results.")
  var output: String
  @OptionGroup var promptOptions: PromptOptions
  @Option(
    name: .customLong("precision"), help: "The precision of products with weights: f32 or bf16.")
  private var precisionName = "f32"
  @Option(help: "Seed of every draw.")
  var seed: UInt64 = 0
  @OptionGroup var run: RunOptions

  /// The precision of products with weights.
  var precision: Precision {
    get throws { try choice(precisionName, of: Precision.self, option: "precision") }
  }
}
