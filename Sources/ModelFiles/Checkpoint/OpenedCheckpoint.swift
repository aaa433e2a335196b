#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

extension Checkpoint {
  /// A checkpoint whose headers have been read, before its tensors are keyed by name.
  struct Opened {
    let path: String
    let format: Format
    let configuration: ModelConfiguration
    let tensors: [StoredTensor]
    let files: [MappedFile]
    let source: Source
    let notes: [String]
  }
}

extension Checkpoint.Opened {
  private static let configurationByteLimit = 1 << 20

  /// Opens a GGUF file and the other parts of its model.
  init(ggufAt path: String) throws(ModelFileError) {
    if let stranger = Stranger(fileName: path) {
      throw .stranger(path: path, stranger, expected: "a GGUF file or a folder with safetensors")
    }
    let parts = try GGUFSplit.open(path: path)
    let metadata = parts[0].metadata
    let all = parts.flatMap(\.tensors)
    var factors: [Float]?
    for part in parts {
      for tensor in part.tensors where tensor.name == GGUFTensorNames.frequencyFactors {
        factors = Self.values(of: tensor, in: part.file)
      }
    }
    let embedding = all.first { $0.name == GGUFTensorNames.embedding }
    let facts = GGUFTensorFacts(
      embeddingShape: embedding?.shape ?? [], names: Set(all.map(\.name)),
      frequencyFactors: factors)
    let configuration = try ModelConfiguration(metadata, facts: facts)
    var tensors: [StoredTensor] = []
    for (index, part) in parts.enumerated() {
      for tensor in part.tensors where tensor.name != GGUFTensorNames.frequencyFactors {
        tensors.append(StoredTensor(tensor, fileIndex: index, configuration: configuration))
      }
    }
    self.init(
      path: path, format: .gguf, configuration: configuration, tensors: tensors,
      files: parts.map(\.file), source: .gguf(metadata), notes: parts.flatMap(\.notes))
  }

  /// The numbers of a small tensor.
  private static func values(of tensor: GGUFTensor, in file: MappedFile) -> [Float]? {
    guard let count = tensor.shape.checkedProduct, count <= 1 << 16 else { return [] }
    return unsafe [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      unsafe file.withBytes { bytes in
        unsafe tensor.elementType.decode(
          UnsafeRawBufferPointer(rebasing: bytes[tensor.offset..<tensor.offset + tensor.byteCount]),
          into: UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
      }
      initialized = count
    }
  }

  /// Opens a folder with `config.json` and safetensors.
  init(folder: ModelFolder) throws(ModelFileError) {
    guard let file = try folder.openIfPresent(ModelFolder.configurationName) else {
      throw .missingPart(folder: folder.path, part: folder.reasonForNoConfiguration)
    }
    let object = try file.jsonObject(byteLimit: Self.configurationByteLimit)
    let generation = try folder.openIfPresent(ModelFolder.generationName)
      .map { (file) throws(ModelFileError) in
        try file.jsonObject(byteLimit: Self.configurationByteLimit)
      }
    let configuration: ModelConfiguration
    do { configuration = try ModelConfiguration(object, generation: generation) } catch {
      throw .configuration(path: file.path, .json, error)
    }
    var notes: [String] = []
    if object["auto_map"] != nil {
      notes.append("\(ModelFolder.configurationName) names code to run (auto_map); it is not run")
    }
    let weights = try Self.weights(folder)
    self.init(
      path: folder.path, format: .safetensors, configuration: configuration,
      tensors: weights.tensors, files: weights.files,
      source: .folder(folder, configuration: file), notes: notes + weights.notes)
  }

  private static func weights(
    _ folder: ModelFolder
  ) throws(ModelFileError) -> (tensors: [StoredTensor], files: [MappedFile], notes: [String]) {
    if let file = try folder.openIfPresent(ModelFolder.weightsName) {
      let single = try SafetensorsFile(file)
      return (single.tensors, [file], [])
    }
    guard folder.has(ModelFolder.indexName) else {
      throw .missingPart(folder: folder.path, part: folder.reasonForNoWeights)
    }
    let index = try SafetensorsIndex(folder: folder)
    return (index.tensors, index.shards.map(\.file), index.notes)
  }

  /// Whether two tensors of equal length are the same bytes.
  func hasSameBytes(_ left: StoredTensor, _ right: StoredTensor) -> Bool {
    unsafe files[left.fileIndex].withBytes { leftBytes in
      unsafe files[right.fileIndex].withBytes { rightBytes in
        guard left.byteCount == right.byteCount,
          let leftStart = leftBytes.baseAddress,
          let rightStart = rightBytes.baseAddress
        else { return false }
        return unsafe memcmp(
          leftStart + left.offset, rightStart + right.offset, left.byteCount) == 0
      }
    }
  }
}

extension StoredTensor {
  /// A GGUF tensor under its HuggingFace name, or its own when it has none.
  init(_ tensor: GGUFTensor, fileIndex: Int, configuration: ModelConfiguration) {
    let name = GGUFTensorNames.canonical(tensor.name) ?? tensor.name
    self.init(
      name: name, shape: tensor.shape, elementType: tensor.elementType, fileIndex: fileIndex,
      offset: tensor.offset, byteCount: tensor.byteCount,
      rowOrder: GGUFTensorNames.rowOrder(of: name, configuration: configuration))
  }
}

extension ModelFolder {
  /// What a folder without `config.json` seems to be.
  fileprivate var reasonForNoConfiguration: ModelPart {
    if has("adapter_config.json") { return .baseOfAdapter }
    if let file = names().first(where: { $0.hasSuffix(".gguf") }) { return .ggufInside(file) }
    return .configuration
  }

  /// What a folder without safetensors seems to be.
  fileprivate var reasonForNoWeights: ModelPart {
    let pickled = names().first { Stranger(fileName: $0) == .pickle && $0 != "training_args.bin" }
    return pickled.map { .safetensorsInsteadOf($0) } ?? .weights
  }
}
