/// Where the tensors of a safetensors file lie that is to be written.
package struct SafetensorsLayout {
  /// A tensor to be written.
  package struct Entry {
    package let name: ByteString
    package let shape: [Int]
    /// 32-bit floats, half precision or bfloat16.
    package let elementType: ElementType

    package init(name: ByteString, shape: [Int], elementType: ElementType) {
      self.name = name
      self.shape = shape
      self.elementType = elementType
    }

    /// The number of its bytes.
    package var byteCount: Int {
      guard let count = shape.checkedProduct, let bytes = elementType.byteCount(elements: count)
      else { preconditionFailure("\(name) of the shape \(shape) is larger than any file") }
      return bytes
    }
  }

  /// The tensors in the order of their data: wide types before narrow ones, then by name, as the format's own
  /// library orders them, so that all are aligned.
  package let entries: [Entry]
  private let metadata: [String: String]

  /// Puts tensors in order.
  ///
  /// - Precondition: the names are new and plain text.
  package init(_ entries: [Entry], metadata: [String: String]) {
    for entry in entries {
      precondition(NameRule.accepts(entry.name), "\(entry.name) is no tensor name")
    }
    precondition(
      Set(entries.map(\.name)).count == entries.count, "a tensor was added twice")
    self.entries = entries.sorted {
      ($1.elementType.bitsPerBlock, $0.name) < ($0.elementType.bitsPerBlock, $1.name)
    }
    self.metadata = metadata
  }

  /// The length and the header, padded with spaces so that the data starts at a multiple of 8.
  package var header: [UInt8] {
    var members: [(key: ByteString, value: JSONValue)] = []
    if !metadata.isEmpty {
      let pairs = metadata.map { (key: ByteString($0.key), value: ByteString($0.value)) }
      let sorted = pairs.sorted { $0.key < $1.key }
      members.append(
        ("__metadata__", .object(JSONObject(sorted.map { ($0.key, .string($0.value)) }))))
    }
    var offset = 0
    for entry in entries {
      let end = offset + entry.byteCount
      members.append(
        (
          entry.name,
          .object([
            "dtype": .string(entry.elementType.name),
            "shape": .array(entry.shape.map { .number($0) }),
            "data_offsets": .array([.number(offset), .number(end)]),
          ])
        ))
      offset = end
    }
    var text = JSONValue.object(JSONObject(members)).text(sorted: false)
    while text.count % 8 != 0 { text.append(UInt8(ascii: " ")) }
    let length = UInt64(text.count).littleEndian
    return unsafe withUnsafeBytes(of: length) { unsafe Array($0) } + text
  }

  /// Writes the file, tensor by tensor; it appears under its name only when all of it is on disk.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - overwriting: whether a file that is there may be replaced.
  ///   - values: lends the values of a tensor to its argument.
  /// - Throws: what `values` throws, `ModelFileError.cannotWrite`, and `.valuesTooLarge` where a type does not
  ///   reach far enough.
  package func write(
    to path: String, overwriting: Bool = false,
    values: (Entry, (UnsafeBufferPointer<Float>) throws(ModelFileError) -> Void)
      throws(ModelFileError) -> Void
  ) throws(ModelFileError) {
    try AtomicFile.write(to: path, overwriting: overwriting) { (output) throws(ModelFileError) in
      try output.append(header)
      for entry in entries {
        try unsafe values(entry) { (floats) throws(ModelFileError) in
          try unsafe entry.write(floats, to: output)
        }
      }
    }
  }
}

extension SafetensorsLayout.Entry {
  /// How many values are narrowed before they are written.
  private static let chunkLength = 1 << 16

  /// Writes values in the tensor's type, rounded once.
  fileprivate func write(
    _ values: UnsafeBufferPointer<Float>, to output: AtomicFile.Output
  ) throws(ModelFileError) {
    precondition(
      values.count == shape.checkedProduct,
      "\(name) has \(values.count) values for the shape \(shape)")
    if elementType == .f32 { return try unsafe output.append(UnsafeRawBufferPointer(values)) }
    var chunk = [UInt16](repeating: 0, count: min(Self.chunkLength, values.count))
    for start in stride(from: 0, to: values.count, by: Self.chunkLength) {
      let part = unsafe UnsafeBufferPointer(
        rebasing: values[start..<min(start + Self.chunkLength, values.count)])
      let overflowed = unsafe elementType.encode(part, into: &chunk)
      guard overflowed == 0 else {
        throw .valuesTooLarge(tensor: name, type: elementType.name)
      }
      try unsafe chunk.withUnsafeBufferPointer { (rounded) throws(ModelFileError) in
        try unsafe output.append(
          UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: rounded[..<part.count])))
      }
    }
  }
}
