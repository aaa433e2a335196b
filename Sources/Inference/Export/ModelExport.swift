public import ModelFiles
import Tokenization

/// Writes a model as a folder in HuggingFace's layout, tensor by tensor.
public struct ModelExport {
  /// What was written.
  public struct Summary: Sendable {
    /// The folder.
    public let path: String
    /// The files with weights, in order.
    public let weightFiles: [String]
    /// Their bytes without headers.
    public let byteCount: Int
    /// The number of tensors.
    public let tensorCount: Int
    /// The types of the tensors, the widest first.
    public let elementTypes: [ElementType]
    /// The files of the tokenizer; none where it could not be written.
    public let tokenizerFiles: [String]
  }

  private let checkpoint: Checkpoint
  private let source: any WeightSource
  private let entries: [SafetensorsLayout.Entry]
  private let shardByteLimit: Int

  /// Two gibibytes of weights in a file.
  public static let defaultShardByteLimit = 2 << 30

  /// Prepares to write a model with its adapters added.
  ///
  /// - Parameters:
  ///   - model: the model and its adapters.
  ///   - elementType: the type of all weights; nil keeps each tensor's own, and makes quantised ones float32.
  ///   - shardByteLimit: how many bytes a file holds, unless one tensor is larger.
  /// - Throws: `ModelFileError` for tensors that do not fit the configuration.
  public init(
    _ model: AdaptedModel, elementType: ElementType? = nil,
    shardByteLimit: Int = defaultShardByteLimit
  ) throws(ModelFileError) {
    try self.init(
      model.checkpoint, weights: model.weights, elementType: elementType,
      shardByteLimit: shardByteLimit)
  }

  /// Prepares to write weights of any source that are those of a checkpoint by name and shape.
  package init(
    _ checkpoint: Checkpoint, weights: any WeightSource, elementType: ElementType?,
    shardByteLimit: Int = defaultShardByteLimit
  ) throws(ModelFileError) {
    precondition(
      elementType?.isWritable ?? true, "weights are not written as \(elementType ?? .f32)")
    precondition(shardByteLimit > 0, "files of \(shardByteLimit) bytes")
    let requirements = DecoderWeights.requirements(DecoderDescription(checkpoint.configuration))
    try checkpoint.check(requirements)
    self.checkpoint = checkpoint
    self.source = weights
    self.shardByteLimit = shardByteLimit
    entries = requirements.map { requirement in
      let name = ByteString(requirement.name)
      let stored = checkpoint.tensors[name]?.elementType ?? .f32
      return SafetensorsLayout.Entry(
        name: name, shape: requirement.shape,
        elementType: elementType ?? (stored.isWritable ? stored : .f32))
    }
  }

  /// Writes the folder, which appears under its name only when all of it is on disk.
  ///
  /// - Parameters:
  ///   - path: the folder to make; an entry of that name is an error.
  ///   - onProgress: told how many of how many bytes are written.
  /// - Returns: what was written.
  /// - Throws: `ModelFileError` for weights that are not finite or too large for their type, a configuration
  ///   without a word in `config.json`, or an output that cannot be made; `TokenizationError`.
  public func write(
    to path: String, onProgress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws -> Summary {
    let types = Set(entries.map(\.elementType)).sorted { $0.bitsPerBlock > $1.bitsPerBlock }
    let tokenizer = try checkpoint.tokenizer.folderFiles()
    let shards = shards
    let names = Self.names(count: shards.count)
    var tokenizerFiles: [String] = []
    try AtomicFolder.write(to: path) { (folder) throws(ModelFileError) in
      try checkpoint.writeConfiguration(
        into: folder, elementType: types.first ?? .f32, rotary: writableRotary)
      if let copied = try checkpoint.copyTokenizer(into: folder) {
        tokenizerFiles = copied
      } else {
        for file in tokenizer ?? [] { try folder.write(file.bytes, to: file.name) }
        tokenizerFiles = (tokenizer ?? []).map(\.name)
      }
      try writeWeights(shards, names, into: folder, onProgress)
    }
    return Summary(
      path: path, weightFiles: names, byteCount: byteCount, tensorCount: entries.count,
      elementTypes: types, tokenizerFiles: tokenizerFiles)
  }

  private var byteCount: Int { entries.reduce(0) { $0 + $1.byteCount } }

  /// The tensors of each file, in the order of the model.
  private var shards: [[SafetensorsLayout.Entry]] {
    var shards: [[SafetensorsLayout.Entry]] = [[]]
    var size = 0
    for entry in entries {
      if size > 0, size + entry.byteCount > shardByteLimit {
        shards.append([])
        size = 0
      }
      shards[shards.count - 1].append(entry)
      size += entry.byteCount
    }
    return shards
  }

  private static func names(count: Int) -> [String] {
    if count == 1 { return ["model.safetensors"] }
    func padded(_ number: Int) -> String {
      let digits = String(number)
      return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
    }
    return (1...count).map { "model-\(padded($0))-of-\(padded(count)).safetensors" }
  }

  private func writeWeights(
    _ shards: [[SafetensorsLayout.Entry]], _ names: [String], into folder: AtomicFolder,
    _ onProgress: (Int, Int) -> Void
  ) throws(ModelFileError) {
    let total = byteCount
    var done = 0
    for (shard, name) in zip(shards, names) {
      let layout = SafetensorsLayout(shard, metadata: ["format": "pt"])
      try unsafe layout.write(to: folder.path(of: name)) { (entry, write) throws(ModelFileError) in
        try unsafe source.withTensor(entry.name.string) { (values) throws(ModelFileError) in
          try unsafe write(values)
        }
        done += entry.byteCount
        onProgress(done, total)
      }
    }
    guard shards.count > 1 else { return }
    let map = zip(shards, names).flatMap { shard, name in
      shard.map { (key: $0.name, value: JSONValue.string(name)) }
    }
    let index: JSONObject = [
      "metadata": ["total_size": .number(total)], "weight_map": .object(JSONObject(map)),
    ]
    try folder.write(
      JSONValue.object(index).indentedText() + [UInt8(ascii: "\n")],
      to: "model.safetensors.index.json")
  }

  /// The rotary settings in words of `config.json`; nil where the model's own are.
  private var writableRotary: RotaryConfiguration? {
    checkpoint.configuration.rotary.named(dHead: checkpoint.configuration.dHead)
  }
}
