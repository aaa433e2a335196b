import CZlib

/// Reads the bytes of one entry of a zip file from its beginning to its end, never more than it has.
@safe final class ZipReader {
  private let file: MappedFile
  private let entry: ZipEntry
  /// The next packed byte.
  private var position: Int
  /// The unpacked bytes that were read.
  private var done = 0
  private var checksum: UInt = 0
  private var hasEnded = false
  private let stream: UnsafeMutablePointer<z_stream>

  private static let pieceByteCount = 1 << 20

  init(_ entry: ZipEntry, of file: MappedFile) throws(ArchiveFault) {
    self.file = file
    self.entry = entry
    position = entry.packed.lowerBound
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    guard unsafe cz_inflate_init_raw(stream) == Z_OK else { throw .damaged(entry.name) }
  }

  deinit {
    unsafe inflateEnd(stream)
    unsafe stream.deinitialize(count: 1)
    unsafe stream.deallocate()
  }

  /// The next bytes; after the last the checksum is compared.
  ///
  /// - Precondition: the entry has so many left.
  func next(count: Int) throws(ArchiveFault) -> [UInt8] {
    precondition(count >= 0 && count <= entry.byteCount - done, "\(count) bytes after \(done)")
    var bytes = [UInt8](repeating: 0, count: count)
    let isRead = unsafe bytes.withUnsafeMutableBytes { room in
      unsafe entry.isDeflated ? inflate(into: room) : copy(into: room)
    }
    guard isRead else { throw .damaged(entry.name) }
    checksum = unsafe bytes.withUnsafeBytes { piece in
      unsafe crc32_z(checksum, piece.bindMemory(to: UInt8.self).baseAddress, piece.count)
    }
    done += count
    if done == entry.byteCount { try finish() }
    return bytes
  }

  private func copy(into room: UnsafeMutableRawBufferPointer) -> Bool {
    unsafe file.withBytes { bytes in
      unsafe room.copyMemory(
        from: UnsafeRawBufferPointer(rebasing: bytes[position..<position + room.count]))
    }
    position += room.count
    return true
  }

  private func inflate(into room: UnsafeMutableRawBufferPointer) -> Bool {
    var filled = 0
    while filled < room.count {
      let written = unsafe step(
        into: UnsafeMutableRawBufferPointer(
          rebasing: room[filled..<min(room.count, filled + Self.pieceByteCount)]))
      guard let written, written > 0 else { return false }
      filled += written
    }
    return true
  }

  /// Inflates what fits; returns how much that was, or nil where the stream is not sound.
  private func step(into room: UnsafeMutableRawBufferPointer) -> Int? {
    unsafe file.withBytes { bytes -> Int? in
      let piece = position..<min(entry.packed.upperBound, position + Self.pieceByteCount)
      let source = unsafe UnsafeRawBufferPointer(rebasing: bytes[piece]).bindMemory(to: UInt8.self)
      // zlib reads from the pointer that its interface calls mutable.
      unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
      unsafe stream.pointee.avail_in = UInt32(piece.count)
      unsafe stream.pointee.next_out = room.bindMemory(to: UInt8.self).baseAddress
      unsafe stream.pointee.avail_out = UInt32(room.count)
      let status = unsafe CZlib.inflate(stream, Z_NO_FLUSH)
      guard status == Z_OK || status == Z_STREAM_END else { return nil }
      hasEnded = status == Z_STREAM_END
      position += piece.count - Int(unsafe stream.pointee.avail_in)
      return room.count - Int(unsafe stream.pointee.avail_out)
    }
  }

  /// Demands that nothing is left and that the bytes are those that were packed.
  private func finish() throws(ArchiveFault) {
    if entry.isDeflated, !hasEnded {
      var more: UInt8 = 0
      // The stream's end may not have been met yet; another byte must not be there.
      let extra = unsafe withUnsafeMutableBytes(of: &more) { unsafe step(into: $0) }
      guard extra == 0, hasEnded else { throw .damaged(entry.name) }
    }
    guard position == entry.packed.upperBound,
      UInt32(truncatingIfNeeded: checksum) == entry.checksum
    else { throw .damaged(entry.name) }
  }
}
