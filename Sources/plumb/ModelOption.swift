import ArgumentParser
import Foundation
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

  /// The path of the default model: in `.models/` here or above the executable, or installed beside it.
  static func find() throws -> String {
    var folders = [FileManager.default.currentDirectoryPath + "/.models"]
    var folder = URL(fileURLWithPath: executablePath).deletingLastPathComponent()
    folders.append(folder.deletingLastPathComponent().path + "/share/plumbline/models")
    while folder.path != "/" {
      folders.append(folder.path + "/.models")
      folder.deleteLastPathComponent()
    }
    for folder in folders {
      let path = "\(folder)/\(fileName)"
      if FileManager.default.fileExists(atPath: path) { return path }
    }
    throw CommandError.defaultModelMissing(looked: Array(folders.prefix(2)))
  }

  private static var executablePath: String {
    let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    return path ?? CommandLine.arguments[0]
  }
}
