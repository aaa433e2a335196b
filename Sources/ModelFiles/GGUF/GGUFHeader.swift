/// A tensor as a GGUF file lists it.
package struct GGUFTensor: Sendable, Equatable {
  /// The name in GGUF's vocabulary, such as `blk.3.attn_q.weight`.
  package let name: ByteString
  /// The sizes in PyTorch's order; the file has them the other way round.
  package let shape: [Int]
  package let elementType: ElementType
  /// The offset of its first byte from the start of the file.
  package let offset: Int
  /// The number of its bytes.
  package let byteCount: Int
}

/// A fault and the byte where the reader met it.
package struct GGUFProblem: Error, Equatable {
  package let fault: GGUFFault
  package let offset: Int
}

/// The checked header of a GGUF file of version 2 or 3.
package struct GGUFHeader {
  package private(set) var values: [ByteString: GGUFValue] = [:]
  /// The tensors, in the order of their data.
  package private(set) var tensors: [GGUFTensor] = []
  /// Things a user may want to know that make nothing wrong.
  package private(set) var notes: [String] = []

  private static let keyLimit: UInt64 = 100_000
  private static let tensorLimit: UInt64 = 1_000_000
  private static let alignmentRange: ClosedRange<UInt64> = 8...1 << 20
  private static let smallestPair: UInt64 = 13
  private static let smallestTensor: UInt64 = 24

  /// Reads the header from the bytes of a whole file.
  package init(_ bytes: Span<UInt8>) throws(GGUFProblem) {
    var reader = GGUFReader(bytes)
    try reader.checkMagic()
    let tensorCount = try reader.integer(UInt64.self)
    let keyCount = try reader.integer(UInt64.self)
    let left = UInt64(reader.remaining)
    guard tensorCount <= min(Self.tensorLimit, left / Self.smallestTensor) else {
      throw reader.problem(.tensorCount(tensorCount))
    }
    guard keyCount <= min(Self.keyLimit, left / Self.smallestPair) else {
      throw reader.problem(.keyCount(keyCount))
    }
    let alignment = try readValues(keyCount, from: &reader)
    var listings: [GGUFReader.Listing] = []
    var names: Set<ByteString> = []
    for _ in 0..<tensorCount {
      let listing = try reader.listing()
      guard names.insert(listing.name).inserted else {
        throw reader.problem(.repeatedTensor(listing.name))
      }
      listings.append(listing)
    }
    let end = UInt64(reader.position)
    let dataStart = (end + UInt64(alignment) - 1) / UInt64(alignment) * UInt64(alignment)
    // A file without tensors may stop where its header does.
    guard dataStart <= UInt64(bytes.count) || listings.isEmpty else {
      throw reader.problem(.dataStart(dataStart, count: bytes.count))
    }
    try place(
      listings, dataStart: Int(dataStart), fileCount: bytes.count, alignment: alignment,
      reader: reader)
  }

  /// Reads the metadata and returns the alignment it sets.
  private mutating func readValues(
    _ count: UInt64, from reader: inout GGUFReader
  ) throws(GGUFProblem) -> Int {
    var alignment = 32
    for _ in 0..<count {
      let key = try reader.key()
      if !key.bytes.allSatisfy(NameRule.isPlain) {
        notes.append("the metadata key \(key) has unusual characters")
      }
      let (value, type) = try reader.value(of: key)
      guard values.updateValue(value, forKey: key) == nil else {
        throw reader.problem(.repeatedKey(key))
      }
      guard key == "general.alignment" else { continue }
      guard type == .uint32, case .unsigned(let size) = value else {
        throw reader.problem(.alignment(found: value.kindName))
      }
      guard Self.alignmentRange.contains(size), size.nonzeroBitCount == 1 else {
        throw reader.problem(.alignment(found: "\(size)"))
      }
      alignment = Int(size)
    }
    return alignment
  }

  /// Turns offsets into places in the file, which have to follow each other without overlap or hole.
  private mutating func place(
    _ listings: [GGUFReader.Listing], dataStart: Int, fileCount: Int, alignment: Int,
    reader: borrowing GGUFReader
  ) throws(GGUFProblem) {
    let available = max(fileCount - dataStart, 0)
    var end = 0
    for listing in listings.sorted(by: { ($0.offset, $0.byteCount) < ($1.offset, $1.byteCount) }) {
      guard listing.offset % UInt64(alignment) == 0 else {
        throw reader.problem(
          .misaligned(tensor: listing.name, offset: listing.offset, alignment: alignment))
      }
      guard
        let offset = Int(exactly: listing.offset), offset <= available,
        listing.byteCount <= available - offset
      else {
        throw reader.problem(
          .beyondEnd(
            tensor: listing.name, offset: listing.offset, byteCount: listing.byteCount,
            available: available))
      }
      guard offset >= end else {
        throw reader.problem(
          .overlap(tensor: listing.name, offset: offset, previousEnd: end))
      }
      guard offset - end < alignment else {
        throw reader.problem(.hole(tensor: listing.name, offset: offset, previousEnd: end))
      }
      end = offset + listing.byteCount
      tensors.append(
        GGUFTensor(
          name: listing.name, shape: listing.shape, elementType: listing.elementType,
          offset: dataStart + offset, byteCount: listing.byteCount))
    }
    let padding = (alignment - end % alignment) % alignment
    let trailing = available - min(end + padding, available)
    guard trailing <= alignment else { throw reader.problem(.trailingBytes(trailing)) }
    if trailing > 0 { notes.append("\(trailing) bytes follow the last tensor") }
  }
}
