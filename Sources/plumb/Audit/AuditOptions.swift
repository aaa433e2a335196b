import ArgumentParser
import Kernels

/// What every audit takes.
struct AuditOptions: ParsableArguments {
  @Option(help: "The model before the tuning, such as smollm2 or M+ADAPTER.")
  var before: String
  @Option(help: "The model after it.")
  var after: String
  @Option(help: "A JSONL or CSV file of harmful requests; where it has labels, its harmful ones.")
  var harmful: String
  @Option(help: "A JSONL or CSV file of harmless requests; where it has labels, its harmless ones.")
  var harmless: String
  @Option(help: "The folder for the results.")
  var output: String
  @Option(help: "The column with the categories of prompts.")
  var category = "category"
  @Option(help: "Ask the prompts of one part alone, by the column split.")
  var split: String?
  @OptionGroup var promptOptions: PromptOptions
  @Option(
    name: .customLong("precision"), help: "The precision of products with weights: f32 or bf16.")
  private var precisionName = "f32"
  @Option(help: "Seed of every draw.")
  var seed: UInt64 = 0
  @OptionGroup var run: RunOptions

  func validate() throws {
    if promptOptions.omitsGenerationPrompt {
      throw ValidationError(
        "An audit needs the opening of the reply; leave out --no-generation-prompt.")
    }
  }

  /// The precision of products with weights.
  var precision: Precision {
    get throws { try choice(precisionName, of: Precision.self, option: "precision") }
  }
}

/// What an audit may measure besides.
struct AuditExtras: ParsableArguments {
  @Option(help: "Questions with choices and answer, for utility.")
  var utility: String?
  @Option(help: "Harmless prompts with responses that neither model was tuned on.")
  var heldOut: String?
  @Option(
    help:
      "A judge's verdicts: prompt (SHA-256), side (before, after), label (refusal, partial, answer)."
  )
  var verdicts: String?
  @Option(help: "What the tuning learned from, to look for the harmful prompts in.")
  var trainingData: String?
  @Option(help: "The safety layers, such as 6-12, to divide the change of weights by.")
  var layers: String?
  @Option(help: "A file of the modules that safety rests on, to divide the change of weights by.")
  var modules: String?
}
