/// Writes GGUF files of vectors that are the same bytes for the same content.
public struct GGUFWriter {
  private var metadata: [(key: String, value: Value)] = []
  private var vectors: [(name: String, values: [Float])] = []

  private static let version: UInt32 = 3
  private static let alignment = 32
  /// The number of 32-bit floats among GGUF's tensor types.
  private static let float32: UInt32 = 0

  private enum Value {
    case text(String)
    case count(UInt32)
  }

  /// Starts a file of an architecture.
  public init(architecture: String) {
    set("general.architecture", architecture)
  }

  /// Adds a text to the metadata.
  public mutating func set(_ key: String, _ text: String) {
    metadata.append((key, .text(text)))
  }

  /// Adds a count to the metadata.
  public mutating func set(_ key: String, _ count: UInt32) {
    metadata.append((key, .count(count)))
  }

  /// Adds a tensor of one dimension.
  ///
  /// - Precondition: the name is new and at most 64 bytes long.
  public mutating func add(_ name: String, _ values: [Float]) {
    precondition(NameRule.accepts(ByteString(name), limit: 64), "\(name) is no tensor name")
    precondition(!vectors.contains { $0.name == name }, "\(name) was added twice")
    vectors.append((name, values))
  }

  /// Writes the file; it appears under its name only when all of it is on disk.
  public func write(to path: String, overwriting: Bool) throws(ModelFileError) {
    try AtomicFile.write(bytes, to: path, overwriting: overwriting)
  }

  private var bytes: [UInt8] {
    var bytes = Array("GGUF".utf8)
    bytes.append(Self.version)
    bytes.append(UInt64(vectors.count))
    bytes.append(UInt64(metadata.count))
    for (key, value) in metadata {
      bytes.append(text: key)
      switch value {
      case .text(let text):
        bytes.append(GGUFValueType.string.rawValue)
        bytes.append(text: text)
      case .count(let count):
        bytes.append(GGUFValueType.uint32.rawValue)
        bytes.append(count)
      }
    }
    var offset = 0
    for (name, values) in vectors {
      bytes.append(text: name)
      bytes.append(UInt32(1))
      bytes.append(UInt64(values.count))
      bytes.append(Self.float32)
      bytes.append(UInt64(offset))
      offset += (4 * values.count).rounded(upTo: Self.alignment)
    }
    bytes.pad(to: Self.alignment)
    for (_, values) in vectors {
      for value in values { bytes.append(value.bitPattern) }
      bytes.pad(to: Self.alignment)
    }
    return bytes
  }
}

extension [UInt8] {
  /// Appends an integer, little-endian.
  fileprivate mutating func append(_ integer: some FixedWidthInteger) {
    for byte in 0..<integer.bitWidth / 8 {
      append(UInt8(truncatingIfNeeded: integer >> (8 * byte)))
    }
  }

  /// Appends a text after its length.
  fileprivate mutating func append(text: String) {
    append(UInt64(text.utf8.count))
    append(contentsOf: text.utf8)
  }

  fileprivate mutating func pad(to alignment: Int) {
    append(contentsOf: repeatElement(0, count: count.rounded(upTo: alignment) - count))
  }
}

extension Int {
  fileprivate func rounded(upTo alignment: Int) -> Int {
    (self + alignment - 1) / alignment * alignment
  }
}
