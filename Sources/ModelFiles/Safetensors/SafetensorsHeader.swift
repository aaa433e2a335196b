/// The checked header of a safetensors file.
///
/// It is read token by token: a header of 200,000 tensors never becomes a tree of JSON values.
package struct SafetensorsHeader {
  /// The tensors, in the order of their data.
  package private(set) var tensors: [StoredTensor] = []
  package private(set) var metadata: [ByteString: ByteString] = [:]

  static let lengthLimit = 100_000_000
  static let metadataEntryLimit = 10_000
  static let metadataByteLimit = 16 << 20

  /// Reads the header from the bytes of a whole file.
  package init(_ bytes: Span<UInt8>) throws(SafetensorsFault) {
    var cursor = ByteCursor(bytes)
    guard let declared = cursor.next(UInt64.self) else { throw .tooShort(count: bytes.count) }
    let available = min(cursor.remaining, Self.lengthLimit)
    guard let length = Int(exactly: declared), length <= available else {
      throw .headerLength(declared, available: available)
    }
    guard length >= 2 else { throw .headerTooSmall(declared) }
    let dataStart = 8 + length
    try readHeader(bytes.extracting(8..<dataStart), dataStart: dataStart)
    try checkLayout(dataStart: dataStart, fileCount: bytes.count)
  }

  private mutating func readHeader(
    _ bytes: Span<UInt8>, dataStart: Int
  ) throws(SafetensorsFault) {
    var reader = try SafetensorsHeaderReader(bytes)
    var names: Set<ByteString> = []
    var hasMetadata = false
    try reader.open()
    var isFirst = true
    while let name = try reader.nextKey(first: isFirst) {
      isFirst = false
      if name == "__metadata__" {
        guard !hasMetadata else { throw .repeatedMetadata(name) }
        hasMetadata = true
        metadata = try reader.metadata()
        continue
      }
      guard NameRule.accepts(name) else { throw .tensorName(name) }
      guard names.insert(name).inserted else { throw .repeatedTensor(name) }
      tensors.append(try reader.tensor(name, dataStart: dataStart))
    }
    try reader.finish()
  }

  /// Demands that the tensors fill the data exactly, without holes or overlaps.
  private mutating func checkLayout(dataStart: Int, fileCount: Int) throws(SafetensorsFault) {
    tensors.sort { ($0.offset, $0.byteCount) < ($1.offset, $1.byteCount) }
    var end = dataStart
    for tensor in tensors {
      let (begin, previousEnd) = (tensor.offset - dataStart, end - dataStart)
      guard tensor.offset <= end else {
        throw .hole(before: tensor.name, begin: begin, previousEnd: previousEnd)
      }
      guard tensor.offset == end else {
        throw .overlap(tensor: tensor.name, begin: begin, previousEnd: previousEnd)
      }
      end += tensor.byteCount
    }
    guard end == fileCount else { throw .length(found: fileCount, expected: end) }
  }
}
