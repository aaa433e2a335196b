import ModelFiles

/// Reads texts of variable length from the heaps of a file, past HDF5.
///
/// HDF5 reads a damaged heap without end, and lets any number of entries point at one long text.
struct HDF5Texts {
  /// A run of texts as they stand in the file, and where each is in it.
  private struct Heap {
    let bytes: [UInt8]
    let texts: [UInt32: Range<Int>]
  }

  private static let entryByteCount = HDF5Type.text.byteCount
  private static let headerByteCount = 16

  private let file: StoreFile
  private let fileSize: Int
  /// The bytes that heaps may still take, and texts: all of them are in the file.
  private var heapAllowance: Int
  private var textAllowance: Int
  private var heaps: [UInt64: Heap] = [:]

  init(_ file: StoreFile, fileSize: Int) {
    self.file = file
    self.fileSize = fileSize
    self.heapAllowance = fileSize
    self.textAllowance = fileSize
  }

  /// Reads a dataset of texts.
  ///
  /// - Parameters:
  ///   - name: the dataset.
  ///   - extent: where its entries lie; each is a length, the place of a heap and an index in it.
  /// - Returns: the texts in order.
  /// - Throws: an error when a heap is damaged or a text is not UTF-8.
  mutating func read(
    _ name: ByteString, _ extent: HDF5Extent
  ) throws(ActivationStoreError) -> [String] {
    let entries: [UInt8] = try file.values(count: extent.byteCount, at: extent.offset)
    var texts: [String] = []
    texts.reserveCapacity(entries.count / Self.entryByteCount)
    for entry in stride(from: 0, to: entries.count, by: Self.entryByteCount) {
      let length: UInt32 = entries.integer(at: entry)
      let place: UInt64 = entries.integer(at: entry + 4)
      guard length > 0, place > 0 else {
        texts.append("")
        continue
      }
      let heap = try heap(at: place, for: name)
      guard
        let range = heap.texts[entries.integer(at: entry + 12)], Int(length) <= range.count,
        Int(length) <= textAllowance
      else { throw malformed(name, "an entry without its text", "the texts that were written") }
      textAllowance -= Int(length)
      guard
        let text = String(
          validating: heap.bytes[range.prefix(Int(length))], as: UTF8.self)
      else {
        throw malformed(
          name, "bytes that are not UTF-8 in entry \(entry / Self.entryByteCount)", "UTF-8")
      }
      texts.append(text)
    }
    return texts
  }

  /// Reads a heap whole, once.
  private mutating func heap(
    at place: UInt64, for name: ByteString
  ) throws(ActivationStoreError) -> Heap {
    if let heap = heaps[place] { return heap }
    let damaged = malformed(name, "a heap that makes no sense", "the heap that was written")
    guard let offset = Int(exactly: place), offset <= fileSize - Self.headerByteCount else {
      throw damaged
    }
    let header: [UInt8] = try file.values(count: Self.headerByteCount, at: offset)
    let size: UInt64 = header.integer(at: 8)
    guard
      header.starts(with: [0x47, 0x43, 0x4F, 0x4C, 1]), size >= Self.headerByteCount,
      size <= heapAllowance, size <= fileSize - offset
    else { throw damaged }
    heapAllowance -= Int(size)
    let bytes: [UInt8] = try file.values(count: Int(size), at: offset)
    var texts: [UInt32: Range<Int>] = [:]
    var next = Self.headerByteCount
    while next + Self.headerByteCount <= bytes.count {
      let index: UInt16 = bytes.integer(at: next)
      let size: UInt64 = bytes.integer(at: next + 8)
      guard size <= bytes.count else { throw damaged }
      // Of free space, which has index 0, the size counts the header too.
      let first = next + Self.headerByteCount
      let end = index == 0 ? next + Int(size) : first + (Int(size) + 7) / 8 * 8
      guard first <= end, end <= bytes.count else { throw damaged }
      if index > 0 { texts[UInt32(index)] = first..<first + Int(size) }
      next = end
    }
    let heap = Heap(bytes: bytes, texts: texts)
    heaps[place] = heap
    return heap
  }

  private func malformed(
    _ name: ByteString, _ found: String, _ expected: String
  ) -> ActivationStoreError {
    .malformed(path: file.path, object: name.string, found: found, expected: expected)
  }
}

extension [UInt8] {
  /// A little-endian integer.
  fileprivate func integer<Integer: FixedWidthInteger>(at offset: Int) -> Integer {
    self[offset..<offset + Integer.bitWidth / 8].reversed().reduce(0) { $0 << 8 | Integer($1) }
  }
}
