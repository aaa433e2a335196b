/// Everything that can go wrong with a model's files.
public enum ModelFileError: Failure, Equatable {
  // Opening
  /// Nothing has that path.
  case notFound(path: String)
  /// A folder is where a file should be.
  case isFolder(path: String)
  /// A device, pipe or socket is where a file should be.
  case notRegularFile(path: String)
  /// A file has no bytes.
  case emptyFile(path: String)
  /// A name found inside a file is a link.
  case symbolicLink(path: String)
  /// The system refuses to open a file.
  case cannotOpen(path: String, code: Int32)
  /// A file is larger than its kind may be.
  case tooLarge(path: String, count: Int, limit: Int)
  /// Something well known is where a model file should be.
  case stranger(path: String, Stranger, expected: String)

  // Formats
  /// A file is not strict JSON.
  case json(path: String, JSONError)
  /// A safetensors file breaks a rule.
  case safetensors(path: String, SafetensorsFault)
  /// The index of a sharded model breaks a rule.
  case safetensorsIndex(path: String, SafetensorsIndexFault)
  /// A GGUF file breaks a rule; the offset is where the reader stood.
  case gguf(path: String, offset: Int?, GGUFFault)
  /// A model is described in a way that cannot be run.
  case configuration(path: String, ConfigurationRule, ConfigurationFault)

  /// A zip file of arrays breaks a rule.
  case archive(path: String, ArchiveFault)
  /// A file of arrays has a name that says neither what it is.
  case arrayEnding(path: String)

  // Models
  /// A model folder lacks a part.
  case missingPart(folder: String, part: ModelPart)
  /// The tensors are not those that the configuration needs.
  case tensorsDoNotFit(path: String, format: Checkpoint.Format, TensorMismatches)
  /// An adapter's tensors are not those that its configuration or its model need.
  case adapterDoesNotFit(path: String, source: AdapterRequirement, TensorMismatches)
  /// A tensor is of a type that is not read.
  case unreadableType(tensor: ByteString, file: String, type: String)
  /// A weight is NaN or infinite.
  case notFinite(tensor: ByteString, file: String, index: [Int], value: Float)

  // Writing
  /// A file has the name of an output already.
  case outputExists(path: String)
  /// Something has the name of a folder that is to be made.
  case folderExists(path: String)
  /// A folder has the name of an output.
  case outputIsFolder(path: String)
  /// A weight is beyond what the type reaches that it is to be written in.
  case valuesTooLarge(tensor: ByteString, type: String)
  /// A model cannot be written in another format.
  case cannotExport(path: String, ConfigurationFault)
  /// The system refuses a step of writing a file.
  case cannotWrite(path: String, step: WriteStep, code: Int32)
}

/// What a model folder lacks, with what it seems to be instead.
public enum ModelPart: Sendable, Equatable {
  /// `config.json`.
  case configuration
  /// The model, since the folder is an adapter.
  case baseOfAdapter
  /// `config.json`, with a GGUF file in the folder instead.
  case ggufInside(String)
  /// The weights.
  case weights
  /// Weights other than pickled ones.
  case safetensorsInsteadOf(String)
  /// `tokenizer.json`.
  case tokenizer
  /// `adapter_config.json`.
  case adapterConfiguration
  /// `adapter_config.json`, since the folder is a whole model.
  case adapterInModel
  /// `adapter_model.safetensors`.
  case adapterWeights
  /// `adapter_model.safetensors`, with pickled factors in the folder instead.
  case adapterInsteadOfPickle
}

/// What an adapter's tensors have to fit.
public enum AdapterRequirement: Sendable, Equatable {
  /// Its `adapter_config.json`.
  case configuration
  /// The model that it is applied to, by its path.
  case model(String)
}

/// The steps of writing a file.
public enum WriteStep: String, Sendable {
  /// Making the temporary file.
  case create
  /// Filling it.
  case write
  /// Bringing it to disk.
  case sync
  /// Giving it its name.
  case name
}

extension ModelFileError {
  public var kind: FailureKind {
    switch self {
    case .notFound, .missingPart: .missingInput
    case .cannotOpen: .missingInput
    case .isFolder, .notRegularFile, .emptyFile, .symbolicLink, .tooLarge, .stranger, .json,
      .safetensors, .safetensorsIndex, .gguf, .configuration, .archive, .arrayEnding,
      .tensorsDoNotFit, .adapterDoesNotFit, .unreadableType, .notFinite,
      .valuesTooLarge, .cannotExport:
      .badInput
    case .outputExists, .folderExists, .outputIsFolder: .cannotCreate
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
