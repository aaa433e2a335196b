import ArgumentParser

/// Analyses of the layers by which a model tells requests apart and refuses.
struct LayersCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "layers",
    abstract: "Find the layers by which a model tells harmful requests from harmless ones.",
    discussion: """
      Every analysis takes a model and prompts with labels (1 for harmful, 0 for harmless), and writes \
      result.json, report.md and report.html to its output folder. Models are changed in memory only.
      """,
    subcommands: [
      LayersGapCommand.self, LayersSearchCommand.self, LayersDirectionCommand.self,
      LayersPatchCommand.self,
      LayersRankCommand.self, LayersAllCommand.self, LayersLandscapeCommand.self,
      LayersWeightsCommand.self, LayersCompareCommand.self,
    ])
}
