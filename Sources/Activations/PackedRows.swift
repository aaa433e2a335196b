import ModelFiles
import Synchronization

/// Reads rows that are packed in chunks, and keeps what was unpacked last.
///
/// Rows are often asked for one by one, and unpacking a chunk for each would take as many times as long.
final class PackedRows: Sendable {
  /// A dataset as it is packed.
  struct Dataset: Sendable {
    let path: ByteString
    /// The number of rows and of values in each.
    let shape: [Int]
    let rowsPerChunk: Int
  }

  /// Consecutive chunks of a dataset, unpacked.
  private struct Block: Sendable {
    let dataset: Int
    let index: Int
    let bytes: [UInt8]
  }

  /// One for each thread that may be reading, without taking much memory.
  private static let keptBlocks = 8

  private let file: StoreFile
  private let storedType: StoredType
  private let datasets: [Dataset]
  /// The last one used is the last.
  private let kept = Mutex<[Block]>([])

  init(_ file: StoreFile, storedType: StoredType, datasets: [Dataset]) {
    self.file = file
    self.storedType = storedType
    self.datasets = datasets
  }

  /// Fills a buffer with stored bytes of a dataset, counted from its first row.
  func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: Int, of dataset: Int
  ) throws(ActivationStoreError) {
    let rowByteCount = datasets[dataset].shape[1] * storedType.byteCount
    let rowsPerBlock = datasets[dataset].rowsPerBlock(rowByteCount: rowByteCount)
    let blockByteCount = rowsPerBlock * rowByteCount
    var done = 0
    while done < buffer.count {
      let (index, start) = (offset + done).quotientAndRemainder(dividingBy: blockByteCount)
      let bytes = try block(index, of: dataset, rowsPerBlock: rowsPerBlock)
      let piece = start..<min(start + buffer.count - done, bytes.count)
      unsafe bytes[piece].withUnsafeBytes { piece in
        unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[done..<done + piece.count])
          .copyMemory(from: piece)
      }
      done += piece.count
    }
  }

  private func block(
    _ index: Int, of dataset: Int, rowsPerBlock: Int
  ) throws(ActivationStoreError) -> [UInt8] {
    let found = kept.withLock { kept -> Block? in
      guard
        let place = kept.firstIndex(where: { $0.dataset == dataset && $0.index == index })
      else { return nil }
      kept.append(kept.remove(at: place))
      return kept.last
    }
    if let found { return found.bytes }
    let first = index * rowsPerBlock
    let rows = first..<min(first + rowsPerBlock, datasets[dataset].shape[0])
    let block = Block(dataset: dataset, index: index, bytes: try unpack(rows, of: dataset))
    kept.withLock { kept in
      kept.append(block)
      if kept.count > Self.keptBlocks { kept.removeFirst() }
    }
    return block.bytes
  }

  private func unpack(_ rows: Range<Int>, of dataset: Int) throws(ActivationStoreError) -> [UInt8] {
    let (path, shape) = (datasets[dataset].path, datasets[dataset].shape)
    var bytes = [UInt8](repeating: 0, count: rows.count * shape[1] * storedType.byteCount)
    try HDF5.exclusively { () throws(ActivationStoreError) in
      let opened = try HDF5File(reading: file.path)
      // HDF5 opened the path for itself.
      guard try file.isStillNamed(file.path) else { throw .replaced(path: file.path) }
      var span = bytes.mutableSpan
      try unsafe span.withUnsafeMutableBytes { (bytes) throws(ActivationStoreError) in
        try unsafe opened.read(rows, of: path, shape: shape, storedType.hdf5, into: bytes)
      }
    }
    return bytes
  }
}

extension PackedRows.Dataset {
  /// The rows that are unpacked at a time: whole chunks, enough to be worth opening the file for.
  func rowsPerBlock(rowByteCount: Int) -> Int {
    rowsPerChunk * max(1, pieceByteCount / (rowsPerChunk * rowByteCount))
  }
}
