import ArgumentParser
import ModelFiles

/// The commands, and how failures become exit codes.
@main
struct Plumb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plumb",
    abstract: "Look inside a chat model and measure how safe it is on the inside.",
    discussion: """
      The main job is two commands: `extract` writes a model's activations on your prompts to an \
      HDF5 file, `probe` trains linear safety probes on it and ranks the layers.
      """,
    version: Version.current,
    subcommands: [
      ExtractCommand.self, ImportCommand.self, ProbeCommand.self, ScoreCommand.self,
      VectorCommand.self, GenerateCommand.self, TokenizeCommand.self, InspectCommand.self,
      VerifyCommand.self, MergeCommand.self, ReportCommand.self, ExportCommand.self,
      BlendCommand.self, SafeLoRACommand.self, TuneCommand.self, MixCommand.self,
      LayersCommand.self, ModulesCommand.self, AuditCommand.self, StoryCommand.self,
    ])

  static func main() {
    Console.occupyDescriptors()
    Signals.explainVanishedFiles()
    Signals.explainDamagedStores()
    Signals.outliveReaders()
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch let failure as any Failure {
      Console.failure(failure.description)
      exit(withError: ExitCode(failure.kind.exitCode))
    } catch OutputClosed.byReader {
      exit(withError: ExitCode(FailureKind.inputOutput.exitCode))
    } catch {
      // Only the parser's own errors know how to present themselves.
      guard exitCode(for: error) == .failure else { exit(withError: error) }
      Console.failure("Something that should not fail did: \(error)")
      exit(withError: ExitCode(FailureKind.software.exitCode))
    }
  }
}

/// The version printed by `--version` and stored with results.
enum Version {
  static let current = "0.1.0"
}

extension FailureKind {
  /// Exit codes after sysexits.
  var exitCode: Int32 {
    switch self {
    case .usage: 64
    case .badInput: 65
    case .missingInput: 66
    case .software: 70
    case .cannotCreate: 73
    case .inputOutput: 74
    case .tryAgain: 75
    case .mismatch: 78
    }
  }
}
