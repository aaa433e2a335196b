/// The shards of a safetensors model, joined as its index says.
struct SafetensorsIndex {
  /// The shards in the order of their names.
  let shards: [SafetensorsFile]
  /// The tensors of all shards, each with the place of its shard in ``shards``.
  let tensors: [StoredTensor]
  /// Things a user may want to know that make nothing wrong.
  let notes: [String]

  private static let byteLimit = 256 << 20

  /// Opens an index and every shard it names, which have to lie in the same folder.
  init(folder: ModelFolder) throws(ModelFileError) {
    let index = try MappedFile(path: folder.path(of: ModelFolder.indexName))
    let object = try index.jsonObject(byteLimit: Self.byteLimit)
    let homes: [ByteString: ByteString]
    do { homes = try Self.weightMap(object) } catch {
      throw .safetensorsIndex(path: index.path, error)
    }
    var shards: [SafetensorsFile] = []
    var tensors: [StoredTensor] = []
    for name in Set(homes.values).sorted() {
      let file: MappedFile
      do { file = try folder.openNamedInside(name.string) } catch {
        if case .notFound = error {
          throw .safetensorsIndex(path: index.path, .shardMissing(shard: name))
        }
        throw error
      }
      let shard = try SafetensorsFile(file)
      for var tensor in shard.tensors {
        guard homes[tensor.name] == name else {
          throw .safetensorsIndex(
            path: index.path, .tensorNotMapped(tensor: tensor.name, shard: name))
        }
        tensor.fileIndex = shards.count
        tensors.append(tensor)
      }
      shards.append(shard)
    }
    if tensors.count < homes.count {
      let held = Set(tensors.map(\.name))
      for (tensor, shard) in homes.sorted(by: { $0.key < $1.key }) where !held.contains(tensor) {
        throw .safetensorsIndex(
          path: index.path, .tensorNotInShard(tensor: tensor, shard: shard))
      }
    }
    self.shards = shards
    self.tensors = tensors
    notes = Self.notes(on: object, tensors: tensors)
  }

  private static func weightMap(
    _ object: JSONObject
  ) throws(SafetensorsIndexFault) -> [ByteString: ByteString] {
    guard let map = object["weight_map"]?.asObject else { throw .noWeightMap }
    guard !map.members.isEmpty else { throw .emptyWeightMap }
    var homes: [ByteString: ByteString] = [:]
    homes.reserveCapacity(map.members.count)
    for (tensor, value) in map.members {
      guard let shard = value.asString else { throw .shardNotString(tensor: tensor) }
      guard isShardName(shard) else { throw .shardName(tensor: tensor, shard: shard) }
      homes[tensor] = shard
    }
    return homes
  }

  /// Whether a name is letters, digits, dots, underscores and hyphens, not hidden, with the right ending.
  private static func isShardName(_ name: ByteString) -> Bool {
    name.bytes.allSatisfy(NameRule.isPlain) && name.bytes.count <= 255
      && name.bytes.first != UInt8(ascii: ".")
      && name.string.hasSuffix(".safetensors")
  }

  private static func notes(on object: JSONObject, tensors: [StoredTensor]) -> [String] {
    guard let stated = object["metadata"]?.asObject?["total_size"]?.asDouble else { return [] }
    let found = tensors.reduce(0) { $0 + $1.byteCount }
    guard stated != Double(found) else { return [] }
    let name = ModelFolder.indexName
    return ["\(name) states a total_size of \(stated), but the shards hold \(found) bytes"]
  }
}
