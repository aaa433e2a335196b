import ArgumentParser
import Inference
import ModelFiles

/// The model a command works on.
struct ModelOption: ParsableArguments {
  @Option(
    name: .long,
    help: """
      A GGUF file, a HuggingFace folder, or smollm2, the model that set-up fetched; M+ADAPTER is the same \
      with a PEFT adapter's folder applied.
      """)
  var model: String

  /// Opens the model's files and its adapters.
  func open() throws -> AdaptedModel { try Self.open(model) }

  /// Opens the files of a model and its adapters by their names.
  static func open(_ model: String) throws -> AdaptedModel {
    let reference = try ModelReference(model)
    let checkpoint = try Checkpoint(
      path: reference.model == ModelReference.defaultName ? DefaultModel.find() : reference.model)
    let adapters = try reference.adapters.map {
      try AppliedAdapter(path: $0.path, weight: $0.weight)
    }
    let adapted = try AdaptedModel(checkpoint, adapters: adapters)
    for note in adapted.notes { Console.message("plumb: Note: \(note).") }
    return adapted
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
