/// What is wrong with the index of a sharded safetensors model.
public enum SafetensorsIndexFault: Error, Sendable, Equatable {
  /// There is no object of tensor names.
  case noWeightMap
  /// The object of tensor names is empty.
  case emptyWeightMap
  /// A tensor has something else than a file name.
  case shardNotString(tensor: ByteString)
  /// A shard is not a plain file name.
  case shardName(tensor: ByteString, shard: ByteString)
  /// A shard is not in the folder.
  case shardMissing(shard: ByteString)
  /// A tensor is not in the shard it was placed in.
  case tensorNotInShard(tensor: ByteString, shard: ByteString)
  /// A shard holds a tensor that was not placed there.
  case tensorNotMapped(tensor: ByteString, shard: ByteString)
}

extension SafetensorsIndexFault {
  /// The rule that was broken; all of them concern the index.
  public var rule: String { "ST-16" }

  /// What was found and what was expected, as the middle of a sentence.
  var phrase: String {
    switch self {
    case .noWeightMap:
      "it has no object weight_map"
    case .emptyWeightMap:
      "its weight_map is empty"
    case .shardNotString(let tensor):
      "weight_map does not give a file name for \(tensor)"
    case .shardName(let tensor, let shard):
      "weight_map places \(tensor) in \"\(shard)\", but a shard is a plain file name that ends in "
        + ".safetensors"
    case .shardMissing(let shard):
      "it names \(shard), which is not in the folder; the download may be incomplete"
    case .tensorNotInShard(let tensor, let shard):
      "weight_map places \(tensor) in \(shard), which does not hold it"
    case .tensorNotMapped(let tensor, let shard):
      "\(shard) holds \(tensor), which weight_map does not place there"
    }
  }
}
