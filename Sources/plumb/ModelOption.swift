import ArgumentParser
import ModelFiles

/// The model a command works on.
struct ModelOption: ParsableArguments {
  @Option(
    name: .long,
    help: "A GGUF file, a HuggingFace folder, or smollm2, the model that set-up fetched.")
  var model: String

  /// Opens the model's files.
  func open() throws -> Checkpoint { try Self.open(model) }

  /// Opens the files of a model by its name.
  static func open(_ model: String) throws -> Checkpoint {
    try Checkpoint(path: model == "smollm2" ? DefaultModel.find() : model)
  }
}

/// Finds the model that set-up fetched.
enum DefaultModel {
  private static let fileName = "SmolLM2-135M-Instruct.Q4_1.gguf"

  /// The path of the default model.
  static func find() throws -> String {
    if let path = SetupFile.find(fileName, in: "models") { return path }
    throw CommandError.defaultModelMissing(looked: Array(SetupFile.folders("models").prefix(2)))
  }
}
