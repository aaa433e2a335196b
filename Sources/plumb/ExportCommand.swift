import ArgumentParser
import Inference
import ModelFiles

/// Writes a model as a HuggingFace folder.
struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write a model, adapters merged, as a HuggingFace folder.",
    usage: "plumb export --model M[+ADAPTER…] --output FOLDER [<options>]",
    discussion: """
      Weights are read and written tensor by tensor. Without --dtype every tensor keeps its type, and \
      quantised ones become float32, which loses nothing. A byte-level tokenizer of a GGUF file is written \
      as tokenizer.json; for others the output says that the tokenizer's files are missing.
      """)

  @OptionGroup var model: ModelOption
  @OptionGroup var writing: FolderOptions
  @Flag(help: "Print the result as JSON to standard output.")
  var json = false

  func run() throws {
    let export = try ModelExport(
      try model.open(), elementType: try writing.elementType,
      shardByteLimit: try writing.shardByteLimit)
    try writing.write(export, json: json)
  }
}

/// Where and how a model's folder is written.
struct FolderOptions: ParsableArguments {
  @Option(help: "The folder to make; it may not be there yet.")
  var output: String
  @Option(help: "The type of all weights: f32, f16 or bf16 (default: as they are).")
  var dtype: String?
  @Option(help: "The most bytes of weights in a file, such as 500MB.")
  var shardSize = "2GiB"

  private enum WeightType: String, CaseIterable {
    case f32, f16, bf16
  }

  /// The type asked for; nil for each tensor's own.
  var elementType: ElementType? {
    get throws {
      guard let dtype else { return nil }
      switch try choice(dtype, of: WeightType.self, option: "dtype") {
      case .f32: return .f32
      case .f16: return .f16
      case .bf16: return .bf16
      }
    }
  }

  /// The most bytes of a file.
  var shardByteLimit: Int {
    get throws {
      guard let bytes = MemoryOption.bytes(shardSize), bytes > 0 else {
        throw CommandError.option(
          name: "shard-size", value: shardSize,
          expected: "a number with KiB, MiB, GiB, TiB, KB, MB, GB or TB")
      }
      return bytes
    }
  }

  /// Writes the folder and says what is in it.
  func write(_ export: ModelExport, json: Bool) throws {
    let bar = SharedProgress(label: "write", unit: "bytes")
    let summary = try export.write(to: output) { bar.update(done: $0, of: $1) }
    Console.endProgress()
    if json { return try Console.output(json: FolderSummary(summary)) }
    let megabytes = Double(summary.byteCount) / 1e6
    let types = summary.elementTypes.map(\.name).joined(separator: " and ")
    let count = summary.weightFiles.count
    try Console.output(
      "Wrote \(ByteString(output)): \(summary.tensorCount) tensors of \(types), "
        + "\(megabytes.rounded(toPlaces: 1)) MB in \(count) \(count == 1 ? "file" : "files"); "
        + (summary.tokenizerFiles.isEmpty
          ? "the tokenizer has no form in such a folder, so its files are missing: copy those of the "
            + "original model there."
          : "tokenizer in \(summary.tokenizerFiles.joined(separator: ", "))."))
  }
}

/// What `plumb export --json` prints.
private struct FolderSummary: Encodable {
  let output: String
  let tensors: Int
  let types: [String]
  let bytes: Int
  let weightFiles: [String]
  let tokenizerFiles: [String]

  init(_ summary: ModelExport.Summary) {
    output = summary.path
    tensors = summary.tensorCount
    types = summary.elementTypes.map(\.name)
    bytes = summary.byteCount
    weightFiles = summary.weightFiles
    tokenizerFiles = summary.tokenizerFiles
  }
}
