/// Reads little-endian values one after another and never past the end.
struct ByteCursor: ~Escapable {
  private let bytes: Span<UInt8>

  /// The next byte to be read.
  private(set) var position: Int

  @_lifetime(copy bytes)
  init(_ bytes: Span<UInt8>, at position: Int = 0) {
    precondition(
      (0...bytes.count).contains(position), "position \(position) of \(bytes.count) bytes")
    self.bytes = bytes
    self.position = position
  }

  /// The number of bytes not read yet.
  var remaining: Int { bytes.count - position }

  /// The next integer, or nil when fewer bytes than it needs are left.
  mutating func next<Integer: FixedWidthInteger & BitwiseCopyable>(_ type: Integer.Type) -> Integer?
  {
    let size = MemoryLayout<Integer>.size
    guard size <= remaining else { return nil }
    let value = unsafe bytes.bytes.unsafeLoadUnaligned(fromByteOffset: position, as: Integer.self)
    position += size
    return Integer(littleEndian: value)
  }

  /// The next `count` bytes, or nil when fewer are left.
  mutating func next(count: Int) -> [UInt8]? {
    guard count >= 0, count <= remaining else { return nil }
    defer { position += count }
    let range = position..<position + count
    return unsafe bytes.extracting(range).withUnsafeBufferPointer { unsafe Array($0) }
  }

  /// Moves over `count` bytes, or returns false when fewer are left.
  mutating func skip(_ count: Int) -> Bool {
    guard count >= 0, count <= remaining else { return false }
    position += count
    return true
  }
}
