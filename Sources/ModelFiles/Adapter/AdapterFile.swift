/// A folder with a LoRA adapter as PEFT saves it, opened and checked without reading its values.
public struct AdapterFile: Sendable {
  /// The folder as the user named it.
  public let path: String
  /// What `adapter_config.json` says.
  public let configuration: AdapterConfiguration
  /// The modules in the order of their paths.
  public let modules: [Module]
  /// SHA-256 of the model it was made on; only folders of our own say it.
  public let baseDigest: String?

  /// The stored factors of a module.
  public struct Module: Sendable {
    /// The module's path in the model, such as `model.layers.3.self_attn.q_proj`.
    public let path: String
    /// The inner width.
    public let rank: Int
    /// `lora_A`, `[rank, in]`.
    public let down: StoredTensor
    /// `lora_B`, `[out, rank]`.
    public let up: StoredTensor

    /// The shape of the module's weight: `[out, in]`.
    public var shape: [Int] { [up.shape[0], down.shape[1]] }
  }

  static let configurationName = "adapter_config.json"
  static let weightsName = "adapter_model.safetensors"
  static let pickledName = "adapter_model.bin"
  static let baseDigestKey: ByteString = "plumbline_base_sha256"
  private static let configurationByteLimit = 1 << 20

  private let configurationFile: MappedFile
  private let weights: SafetensorsFile

  /// Opens a folder and checks that its tensors are those of its configuration.
  public init(path: String) throws(ModelFileError) {
    let folder = ModelFolder(path: path)
    guard folder.exists else { throw .notFound(path: path) }
    guard let configurationFile = try folder.openIfPresent(Self.configurationName) else {
      throw .missingPart(
        folder: path, part: folder.isModel ? .adapterInModel : .adapterConfiguration)
    }
    let object = try configurationFile.jsonObject(byteLimit: Self.configurationByteLimit)
    do { configuration = try AdapterConfiguration(object) } catch {
      throw .configuration(path: configurationFile.path, .adapter, error)
    }
    guard let file = try folder.openIfPresent(Self.weightsName) else {
      let isPickled = folder.has(Self.pickledName)
      throw .missingPart(
        folder: path, part: isPickled ? .adapterInsteadOfPickle : .adapterWeights)
    }
    weights = try SafetensorsFile(file)
    self.path = path
    self.configurationFile = configurationFile
    baseDigest = weights.metadata[Self.baseDigestKey]?.string
    modules = try AdapterTensors(weights.tensors).modules(
      configuration, path: file.path, fileName: file.name)
  }

  /// Whether a path is a folder with an adapter's configuration.
  public static func isAdapter(_ path: String) -> Bool {
    ModelFolder(path: path).has(configurationName)
  }

  /// The paths of its files.
  public var filePaths: [String] { [configurationFile.path, weights.file.path] }

  /// Reads every factor.
  ///
  /// - Throws: `ModelFileError.notFinite` for a value that is not finite.
  public func adapter() throws(ModelFileError) -> LowRankAdapter {
    var read: [LowRankAdapter.Module] = []
    for module in modules {
      read.append(
        LowRankAdapter.Module(
          path: module.path, rank: module.rank, down: try values(of: module.down),
          up: try values(of: module.up)))
    }
    return LowRankAdapter(configuration, modules: read, baseDigest: baseDigest)
  }

  private func values(of tensor: StoredTensor) throws(ModelFileError) -> [Float] {
    let values = try weights.floats(of: tensor)
    guard let bad = values.firstIndex(where: { !$0.isFinite }) else { return values }
    throw .notFinite(
      tensor: tensor.name, file: weights.file.name,
      index: [bad / tensor.shape[1], bad % tensor.shape[1]], value: values[bad])
  }
}
