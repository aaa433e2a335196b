import ArgumentParser
import Probes

/// What every analysis of layers takes.
struct LayersOptions: ParsableArguments {
  @OptionGroup var model: ModelOption
  @OptionGroup var analysis: LabeledOptions

  /// The folder for the results.
  var output: String { analysis.output }
  /// Which columns say what.
  var columns: LabelColumns { analysis.columns }
  /// How the command runs.
  var run: RunOptions { analysis.run }
}
