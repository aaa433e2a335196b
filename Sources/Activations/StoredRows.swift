/// Where the stored bytes of a store's rows are read from.
enum StoredRows: Sendable {
  /// From one run of bytes for each dataset, which start there.
  case contiguous(StoreFile, offsets: [Int])
  /// From chunks that have to be unpacked.
  case packed(PackedRows)
  /// From other stores, one after another.
  case joined([OpenedSource])

  /// Fills a buffer with stored bytes of a dataset.
  ///
  /// - Parameters:
  ///   - buffer: room for the bytes.
  ///   - offset: the first of them, counted from the start of the dataset's first row.
  ///   - dataset: the index of the dataset.
  ///   - rowByteCount: the bytes of one of its rows.
  /// - Throws: an error when a file cannot be read or unpacked.
  func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: Int, of dataset: Int, rowByteCount: Int
  ) throws(ActivationStoreError) {
    switch self {
    case .contiguous(let file, let offsets):
      try unsafe file.read(into: buffer, at: offsets[dataset] + offset)
    case .packed(let rows):
      try unsafe rows.read(into: buffer, at: offset, of: dataset)
    case .joined(let sources):
      let bytes = offset..<offset + buffer.count
      for source in sources {
        let first = source.rows.lowerBound * rowByteCount
        let piece = bytes.clamped(to: first..<source.rows.upperBound * rowByteCount)
        guard !piece.isEmpty else { continue }
        let room = unsafe UnsafeMutableRawBufferPointer(
          rebasing: buffer[piece.lowerBound - offset..<piece.upperBound - offset])
        try unsafe source.storage.read(
          into: room, at: piece.lowerBound - first, of: dataset, rowByteCount: rowByteCount)
      }
    }
  }

  /// Lends rows of a dataset as they are stored, a piece at a time.
  ///
  /// - Parameters:
  ///   - rows: which rows.
  ///   - dataset: the index of their dataset.
  ///   - rowByteCount: the bytes of one of its rows.
  ///   - buffer: room for a piece, whole values.
  ///   - body: is handed each piece, and where it starts among the bytes of the rows.
  /// - Throws: an error when the rows cannot be read, or the body's.
  func withPieces(
    of rows: Range<Int>, in dataset: Int, rowByteCount: Int,
    buffer: UnsafeMutableRawBufferPointer,
    _ body: (UnsafeRawBufferPointer, Int) throws(ActivationStoreError) -> Void
  ) throws(ActivationStoreError) {
    var done = 0
    while done < rows.count * rowByteCount {
      let room = unsafe UnsafeMutableRawBufferPointer(
        rebasing: buffer[..<min(buffer.count, rows.count * rowByteCount - done)])
      try unsafe read(
        into: room, at: rows.lowerBound * rowByteCount + done, of: dataset,
        rowByteCount: rowByteCount)
      try unsafe body(UnsafeRawBufferPointer(room), done)
      done += room.count
    }
  }
}
