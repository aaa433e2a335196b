/// A model as found on disk: a GGUF file or a folder in HuggingFace's layout.
///
/// Opening one reads and checks every header and touches no weights.
public struct Checkpoint: Sendable {
  /// The kinds of checkpoints.
  public enum Format: String, Sendable {
    /// One GGUF file, or several parts of one.
    case gguf
    /// A folder in HuggingFace's layout.
    case safetensors
  }

  /// The path the user named.
  public let path: String
  /// What it is.
  public let format: Format
  /// The shape of the model.
  public let configuration: ModelConfiguration
  /// The tensors by their HuggingFace names, whatever the file calls them.
  public let tensors: [ByteString: StoredTensor]
  /// Things a user may want to know that make nothing wrong.
  public let notes: [String]

  /// The files that hold weights, in order.
  let files: [MappedFile]
  let source: Source

  /// What the tokenizer and the digest are read from.
  enum Source: Sendable {
    case folder(ModelFolder, configuration: MappedFile)
    case gguf(GGUFMetadata)
  }

  /// Opens a GGUF file or a folder with `config.json` and safetensors.
  public init(path: String) throws(ModelFileError) {
    let opened: Opened
    do {
      opened = try Opened(ggufAt: path)
    } catch {
      guard case .isFolder = error else { throw error }
      opened = try Opened(folder: ModelFolder(path: path))
    }
    self.path = path
    format = opened.format
    configuration = opened.configuration
    files = opened.files
    source = opened.source
    notes = opened.notes
    tensors = try Self.table(opened)
  }

  /// The tokenizer's files or metadata, read when asked for.
  public var tokenizer: TokenizerSource {
    get throws(ModelFileError) {
      switch source {
      case .folder(let folder, _): try TokenizerSource(folder)
      case .gguf(let metadata): .gguf(metadata, path: metadata.path)
      }
    }
  }

  /// The paths of the model's files; everything there is, where the model is a folder.
  public var filePaths: [String] {
    switch source {
    case .folder(let folder, _): folder.names().map(folder.path(of:))
    case .gguf: files.map(\.path)
    }
  }

  /// The SHA-256 of the content, in hexadecimal.
  ///
  /// For a GGUF file, that of the file. For a folder or a split GGUF file, that over `config.json` and the
  /// weight files in the order of their names, each preceded by its name and size.
  public func digest() -> String {
    switch source {
    case .folder(_, let configuration): Digest.sha256(of: [configuration] + files)
    case .gguf: files.count == 1 ? Digest.sha256(of: files[0]) : Digest.sha256(of: files)
    }
  }

  /// The name of the file that holds a tensor.
  package func fileName(of tensor: StoredTensor) -> String {
    files[tensor.fileIndex].name
  }

  /// Keys the tensors by name, without a copy of the embedding under the name of a tied head.
  private static func table(_ opened: Opened) throws(ModelFileError) -> [ByteString: StoredTensor] {
    var table: [ByteString: StoredTensor] = [:]
    table.reserveCapacity(opened.tensors.count)
    for tensor in opened.tensors where table.updateValue(tensor, forKey: tensor.name) != nil {
      throw .gguf(path: opened.path, offset: nil, .repeatedTensor(tensor.name))
    }
    guard
      opened.configuration.isHeadTied, let head = table["lm_head.weight"],
      let embedding = table["model.embed_tokens.weight"]
    else { return table }
    guard head.shape == embedding.shape, head.elementType == embedding.elementType,
      opened.hasSameBytes(head, embedding)
    else {
      throw .configuration(
        path: opened.path, .json,
        .disagreement(
          key: "tie_word_embeddings", value: "true", otherKey: "lm_head.weight",
          other: "there and differs from model.embed_tokens.weight"))
    }
    table["lm_head.weight"] = nil
    return table
  }
}
