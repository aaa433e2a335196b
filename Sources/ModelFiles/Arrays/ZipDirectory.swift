/// One file in a zip file.
struct ZipEntry: Sendable, Equatable {
  let name: ByteString
  /// Where its packed bytes lie.
  let packed: Range<Int>
  /// Whether they are deflated; otherwise they are stored as they are.
  let isDeflated: Bool
  /// How many bytes it has unpacked.
  let byteCount: Int
  /// The CRC-32 of those.
  let checksum: UInt32
}

/// The checked directory of a zip file, with 64-bit sizes where it has them.
///
/// The directory is what counts; each entry's own header has to agree with it, and no two entries may share
/// bytes, which is how a small file could claim to be endless.
struct ZipDirectory: Sendable {
  /// The entries, in the order of their bytes.
  let entries: [ZipEntry]

  private static let endByteCount = 22
  private static let longestComment = 65_535
  private static let smallestEntry = 46
  /// No deflated byte can stand for more.
  private static let deflateRatio = 1032
  private static let entryLimit = 1_000_000

  /// Reads the directory from the bytes of a whole file.
  init(_ bytes: Span<UInt8>) throws(ArchiveFault) {
    let end = try Self.end(of: bytes)
    guard end.entryCount <= Self.entryLimit,
      end.entryCount <= end.directory.count / Self.smallestEntry
    else { throw .entries(end.entryCount) }
    var cursor = ByteCursor(
      bytes.extracting(0..<end.directory.upperBound), at: end.directory.lowerBound)
    var names: Set<ByteString> = []
    var listed: [(entry: ZipEntry, header: Int)] = []
    for index in 0..<end.entryCount {
      guard let listing = ZipListing(&cursor) else { throw .entry(index: index) }
      guard NameRule.accepts(listing.name) else { throw .name(listing.name) }
      guard names.insert(listing.name).inserted else { throw .repeatedName(listing.name) }
      listed.append(
        (try Self.entry(listing, bytes, before: end.directory.lowerBound), listing.offset))
    }
    guard cursor.remaining == 0 else { throw .directory }
    listed.sort { $0.header < $1.header }
    for (earlier, later) in zip(listed, listed.dropFirst())
    where later.header < earlier.entry.packed.upperBound {
      throw .place(later.entry.name)
    }
    entries = listed.map(\.entry)
  }

  private struct End {
    let directory: Range<Int>
    let entryCount: Int
  }

  /// Finds the record that ends the file, after which there is nothing but its comment.
  private static func end(of bytes: Span<UInt8>) throws(ArchiveFault) -> End {
    let last = bytes.count - endByteCount
    guard last >= 0 else { throw .noEnd }
    for start in stride(from: last, through: max(0, last - longestComment), by: -1) {
      var cursor = ByteCursor(bytes, at: start)
      guard
        cursor.next(UInt32.self) == 0x0605_4B50, let disk = cursor.next(UInt16.self),
        let directoryDisk = cursor.next(UInt16.self), cursor.skip(2),
        let count = cursor.next(UInt16.self), let size = cursor.next(UInt32.self),
        let offset = cursor.next(UInt32.self), let comment = cursor.next(UInt16.self),
        Int(comment) == cursor.remaining
      else { continue }
      if let long = try longEnd(of: bytes, before: start) { return long }
      guard disk == 0, directoryDisk == 0 else { throw .severalDisks }
      guard Int(offset) + Int(size) == start else { throw .directory }
      return End(directory: Int(offset)..<start, entryCount: Int(count))
    }
    throw .noEnd
  }

  /// The end with 64-bit numbers that a large file has before the short one.
  private static func longEnd(
    of bytes: Span<UInt8>, before start: Int
  ) throws(ArchiveFault) -> End? {
    guard start >= 20 else { return nil }
    var locator = ByteCursor(bytes, at: start - 20)
    guard locator.next(UInt32.self) == 0x0706_4B50 else { return nil }
    guard
      locator.skip(4), let place = locator.next(UInt64.self), let place = Int(exactly: place),
      place <= start - 20
    else { throw .directory }
    var cursor = ByteCursor(bytes, at: place)
    guard
      cursor.next(UInt32.self) == 0x0606_4B50, cursor.skip(12), let disk = cursor.next(UInt32.self),
      let directoryDisk = cursor.next(UInt32.self), cursor.skip(8),
      let count = cursor.next(UInt64.self), let size = cursor.next(UInt64.self),
      let offset = cursor.next(UInt64.self), let count = Int(exactly: count),
      let size = Int(exactly: size), let offset = Int(exactly: offset)
    else { throw .directory }
    guard disk == 0, directoryDisk == 0 else { throw .severalDisks }
    guard offset <= place, size == place - offset else { throw .directory }
    return End(directory: offset..<place, entryCount: count)
  }

  /// Checks a listing against the entry's own header.
  private static func entry(
    _ listing: ZipListing, _ bytes: Span<UInt8>, before directory: Int
  ) throws(ArchiveFault) -> ZipEntry {
    let name = listing.name
    guard listing.flags & 1 == 0 else { throw .encrypted(name) }
    guard listing.method == 0 || listing.method == 8 else { throw .method(name, listing.method) }
    guard listing.offset <= directory else { throw .place(name) }
    var cursor = ByteCursor(bytes.extracting(0..<directory), at: listing.offset)
    guard
      cursor.next(UInt32.self) == 0x0403_4B50, cursor.skip(4),
      let method = cursor.next(UInt16.self), Int(method) == listing.method, cursor.skip(16),
      let nameCount = cursor.next(UInt16.self), let extraCount = cursor.next(UInt16.self),
      cursor.next(count: Int(nameCount)) == name.bytes, cursor.skip(Int(extraCount))
    else { throw .header(name) }
    guard listing.packedCount <= cursor.remaining else { throw .place(name) }
    let isDeflated = listing.method == 8
    let limit =
      isDeflated
      ? listing.packedCount.multipliedReportingOverflow(by: deflateRatio)
      : (listing.packedCount, false)
    guard !limit.1, listing.byteCount <= limit.0, isDeflated || listing.byteCount == limit.0 else {
      throw .bomb(name, packed: listing.packedCount, unpacked: listing.byteCount)
    }
    return ZipEntry(
      name: name, packed: cursor.position..<cursor.position + listing.packedCount,
      isDeflated: isDeflated, byteCount: listing.byteCount, checksum: listing.checksum)
  }
}

/// What the directory says about one entry.
private struct ZipListing {
  let name: ByteString
  let flags: UInt16
  let method: Int
  let checksum: UInt32
  let packedCount: Int
  let byteCount: Int
  /// Where the entry's own header starts.
  let offset: Int

  /// Reads the next entry of the directory; nil when it is cut off or none.
  init?(_ cursor: inout ByteCursor) {
    guard
      cursor.next(UInt32.self) == 0x0201_4B50, cursor.skip(4),
      let flags = cursor.next(UInt16.self), let method = cursor.next(UInt16.self), cursor.skip(4),
      let checksum = cursor.next(UInt32.self), let packed = cursor.next(UInt32.self),
      let unpacked = cursor.next(UInt32.self), let nameCount = cursor.next(UInt16.self),
      let extraCount = cursor.next(UInt16.self), let commentCount = cursor.next(UInt16.self),
      cursor.skip(8), let offset = cursor.next(UInt32.self),
      let name = cursor.next(count: Int(nameCount)),
      let extra = cursor.next(count: Int(extraCount)),
      cursor.skip(Int(commentCount))
    else { return nil }
    // Numbers that do not fit are all ones, and in the extra field in this order.
    var numbers = [unpacked, packed, offset].map { UInt64($0) }
    guard Self.replace(&numbers, from: extra) else { return nil }
    let sizes = numbers.compactMap { Int(exactly: $0) }
    guard sizes.count == 3 else { return nil }
    self.name = ByteString(name)
    self.flags = flags
    self.method = Int(method)
    self.checksum = checksum
    (byteCount, packedCount, self.offset) = (sizes[0], sizes[1], sizes[2])
  }

  private static func replace(_ numbers: inout [UInt64], from extra: [UInt8]) -> Bool {
    guard numbers.contains(0xFFFF_FFFF) else { return true }
    var cursor = ByteCursor(extra.span)
    while let tag = cursor.next(UInt16.self), let count = cursor.next(UInt16.self) {
      guard tag == 1 else {
        guard cursor.skip(Int(count)) else { return false }
        continue
      }
      for index in numbers.indices where numbers[index] == 0xFFFF_FFFF {
        guard let number = cursor.next(UInt64.self) else { return false }
        numbers[index] = number
      }
      return true
    }
    return false
  }
}
