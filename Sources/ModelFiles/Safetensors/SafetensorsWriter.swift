/// Writes safetensors files that are the same bytes for the same content.
public struct SafetensorsWriter {
  private var entries: [Entry] = []
  private let metadata: [String: String]

  private struct Entry {
    let name: ByteString
    let shape: [Int]
    let values: [Float]
  }

  /// Starts a file.
  ///
  /// - Parameter metadata: free-form strings for the header.
  public init(metadata: [String: String] = [:]) {
    self.metadata = metadata
  }

  /// Adds a tensor of 32-bit floats.
  ///
  /// - Precondition: the name is new and the shape has as many elements as there are values.
  public mutating func add(_ name: String, shape: [Int], values: [Float]) {
    precondition(
      shape.checkedProduct == values.count,
      "\(name) has \(values.count) values for the shape \(shape)")
    let key = ByteString(name)
    precondition(NameRule.accepts(key), "\(key) is no tensor name")
    precondition(!entries.contains { $0.name == key }, "\(name) was added twice")
    entries.append(Entry(name: key, shape: shape, values: values))
  }

  /// Writes the file; it appears under its name only when all of it is on disk.
  public func write(to path: String, overwriting: Bool = false) throws(ModelFileError) {
    let ordered = entries.sorted { $0.name < $1.name }
    let header = Self.header(ordered, metadata: metadata)
    try AtomicFile.write(to: path, overwriting: overwriting) { (output) throws(ModelFileError) in
      try output.append(header)
      for entry in ordered {
        try unsafe entry.values.withUnsafeBufferPointer { (values) throws(ModelFileError) in
          try unsafe output.append(UnsafeRawBufferPointer(values))
        }
      }
    }
  }

  /// The length and the header, padded with spaces so that the data starts at a multiple of 8.
  private static func header(_ entries: [Entry], metadata: [String: String]) -> [UInt8] {
    var members: [(key: ByteString, value: JSONValue)] = []
    if !metadata.isEmpty {
      let pairs = metadata.map { (key: ByteString($0.key), value: ByteString($0.value)) }
      let sorted = pairs.sorted { $0.key < $1.key }
      members.append(
        ("__metadata__", .object(JSONObject(sorted.map { ($0.key, .string($0.value)) }))))
    }
    var offset = 0
    for entry in entries {
      let end = offset + 4 * entry.values.count
      members.append(
        (
          entry.name,
          .object([
            "dtype": "F32",
            "shape": .array(entry.shape.map { .number(JSONNumber($0)) }),
            "data_offsets": .array([.number(JSONNumber(offset)), .number(JSONNumber(end))]),
          ])
        ))
      offset = end
    }
    var text = JSONValue.object(JSONObject(members)).text(sorted: false)
    while text.count % 8 != 0 { text.append(UInt8(ascii: " ")) }
    let length = UInt64(text.count).littleEndian
    return unsafe withUnsafeBytes(of: length) { unsafe Array($0) } + text
  }
}
