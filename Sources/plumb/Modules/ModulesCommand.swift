import ArgumentParser

/// Analyses of the modules that the telling apart of harmful prompts rests on.
struct ModulesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "modules",
    abstract: "Map which modules the telling apart of harmful prompts rests on.",
    discussion: """
      Fits a classifier of harmful against harmless prompts on what leaves the last block, disturbs modules in \
      memory and asks the classifier again. Every analysis takes prompts with labels (1 for harmful, 0 for \
      harmless) and writes result.json, report.md and report.html to its output folder. Every reading is kept in \
      DIR/readings.jsonl; run the same command again after an interruption and it goes on where it stopped.
      """,
    subcommands: [
      ModulesMapCommand.self, ModulesSearchCommand.self, ModulesCompareCommand.self,
    ])
}
