/// Everything that can go wrong with a model's files.
public enum ModelFileError: Failure, Equatable {
  // Opening
  case notFound(path: String)
  case isFolder(path: String)
  case notRegularFile(path: String)
  case emptyFile(path: String)
  case symbolicLink(path: String)
  case cannotOpen(path: String, code: Int32)
  case tooLarge(path: String, count: Int, limit: Int)
  case stranger(path: String, Stranger, expected: String)

  // Formats
  case json(path: String, JSONError)
  case safetensors(path: String, SafetensorsFault)
  case safetensorsIndex(path: String, SafetensorsIndexFault)
  case gguf(path: String, offset: Int?, GGUFFault)
  case configuration(path: String, ConfigurationRule, ConfigurationFault)

  // Models
  case missingPart(folder: String, part: ModelPart)
  case tensorsDoNotFit(path: String, format: Checkpoint.Format, TensorMismatches)
  case unreadableType(tensor: ByteString, file: String, type: String)
  case notFinite(tensor: ByteString, file: String, index: [Int], value: Float)

  // Writing
  case outputExists(path: String)
  case outputIsFolder(path: String)
  case cannotWrite(path: String, step: WriteStep, code: Int32)
}

/// What a model folder lacks, with what it seems to be instead.
public enum ModelPart: Sendable, Equatable {
  case configuration
  case baseOfAdapter
  case ggufInside(String)
  case weights
  case safetensorsInsteadOf(String)
  case tokenizer
}

/// The steps of writing a file.
public enum WriteStep: String, Sendable {
  case create
  case write
  case sync
  case name
}

extension ModelFileError {
  public var kind: FailureKind {
    switch self {
    case .notFound, .missingPart: .missingInput
    case .cannotOpen: .missingInput
    case .isFolder, .notRegularFile, .emptyFile, .symbolicLink, .tooLarge, .stranger, .json,
      .safetensors, .safetensorsIndex, .gguf, .configuration, .tensorsDoNotFit, .unreadableType,
      .notFinite:
      .badInput
    case .outputExists, .outputIsFolder: .cannotCreate
    case .cannotWrite(_, let step, _): step == .create ? .cannotCreate : .inputOutput
    }
  }

  /// The identifier of the rule that was broken, when it is a rule about a file format.
  public var rule: String? {
    switch self {
    case .safetensors(_, let fault): fault.rule
    case .safetensorsIndex(_, let fault): fault.rule
    case .gguf(_, _, let fault): fault.rule
    case .configuration(_, let rule, _): rule.rawValue
    default: nil
    }
  }
}
