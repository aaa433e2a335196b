/// Writes safetensors files of values in memory, the same bytes for the same content.
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
    entries.append(Entry(name: ByteString(name), shape: shape, values: values))
  }

  /// Writes the file; it appears under its name only when all of it is on disk.
  public func write(to path: String, overwriting: Bool = false) throws(ModelFileError) {
    let layout = SafetensorsLayout(
      entries.map {
        SafetensorsLayout.Entry(name: $0.name, shape: $0.shape, elementType: .f32)
      }, metadata: metadata)
    let values = Dictionary(uniqueKeysWithValues: entries.map { ($0.name, $0.values) })
    try unsafe layout.write(to: path, overwriting: overwriting) {
      (entry, write) throws(ModelFileError) in
      try unsafe (values[entry.name] ?? []).withUnsafeBufferPointer {
        (floats) throws(ModelFileError) in try unsafe write(floats)
      }
    }
  }
}
