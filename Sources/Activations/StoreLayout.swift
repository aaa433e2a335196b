import CKernels
import ModelFiles

/// Where in the file everything lies that is written while a store fills.
package struct StoreLayout: Sendable {
  /// What is captured, in the order of the datasets' paths.
  package let datasets: [ActivationDataset]
  /// Where the rows are read from.
  let storage: StoredRows
  /// The type of the values.
  let storedType: StoredType
  /// The byte at which the prompts' status starts.
  package let statusOffset: Int
  /// The byte at which the units' checksums start.
  package let checksumOffset: Int
  /// The runs of prompts that become valid together.
  let units: CommitUnits

  /// The byte at which the first row of each dataset starts, in a file that holds them one after another.
  package var offsets: [Int] {
    guard case .contiguous(_, let offsets) = storage else {
      preconditionFailure("rows that are packed or elsewhere have no place in the file")
    }
    return offsets
  }

  /// The bytes of one row of a dataset.
  package func rowByteCount(_ dataset: Int) -> Int {
    datasets[dataset].width * storedType.byteCount
  }

  /// The bytes of the file that rows of a dataset take.
  package func bytes(of rows: Range<Int>, in dataset: Int) -> Range<Int> {
    let size = rowByteCount(dataset)
    return offsets[dataset] + rows.lowerBound * size..<offsets[dataset] + rows.upperBound * size
  }

  /// The bytes of the file that the status of a unit's prompts takes.
  package func statusBytes(of unit: Int) -> Range<Int> {
    let prompts = units.prompts(of: unit)
    return statusOffset + prompts.lowerBound..<statusOffset + prompts.upperBound
  }

  /// The byte at which a unit's checksum stands.
  package func checksumOffset(of unit: Int) -> Int {
    checksumOffset + 4 * unit
  }

  /// Reads the checksums of all units; 0 for a unit that is not written yet.
  func checksums(in file: StoreFile) throws(ActivationStoreError) -> [UInt32] {
    try file.values(count: units.count, at: checksumOffset)
  }

  /// Computes the checksum of a unit from what is stored.
  ///
  /// It runs over the unit's rows in every dataset, in the order of the datasets, then over the status of
  /// its prompts. The lowest bit is set, so that no checksum is 0.
  ///
  /// - Parameters:
  ///   - unit: which unit.
  ///   - file: the store.
  ///   - buffer: room for a piece, whole values.
  ///   - visit: is handed each piece of rows and the index of its dataset.
  /// - Returns: the checksum.
  /// - Throws: an error when the file cannot be read.
  func checksum(
    of unit: Int, in file: StoreFile, buffer: UnsafeMutableRawBufferPointer,
    visit: (UnsafeRawBufferPointer, Int) -> Void = { _, _ in }
  ) throws(ActivationStoreError) -> UInt32 {
    var checksum: UInt32 = 0
    for dataset in datasets.indices {
      try unsafe storage.withPieces(
        of: units.rows(of: unit), in: dataset, rowByteCount: rowByteCount(dataset), buffer: buffer
      ) { piece, _ in
        checksum = unsafe ck_crc32c(checksum, piece.baseAddress, piece.count)
        unsafe visit(piece, dataset)
      }
    }
    let status = try status(of: unit, in: file)
    return unsafe ck_crc32c(checksum, status, status.count) | 1
  }

  /// The status of each prompt of a unit.
  func status(of unit: Int, in file: StoreFile) throws(ActivationStoreError) -> [UInt8] {
    try file.values(count: units.prompts(of: unit).count, at: statusBytes(of: unit).lowerBound)
  }

  /// The units of which the file holds what their checksums say.
  ///
  /// - Parameters:
  ///   - file: the store.
  ///   - buffer: room for a piece, whole values.
  /// - Returns: for each unit whether it is whole.
  /// - Throws: an error when the file cannot be read.
  func wholeUnits(
    in file: StoreFile, buffer: UnsafeMutableRawBufferPointer
  ) throws(ActivationStoreError) -> [Bool] {
    var whole: [Bool] = []
    for (unit, checksum) in try checksums(in: file).enumerated() {
      guard checksum != 0 else {
        whole.append(false)
        continue
      }
      whole.append(try unsafe self.checksum(of: unit, in: file, buffer: buffer) == checksum)
    }
    return whole
  }
}

extension StoreFile {
  /// Reads integers as they stand in the file, little-endian as all processors are that Swift runs on.
  func values<Integer: FixedWidthInteger & BitwiseCopyable>(
    count: Int, at offset: Int
  ) throws(ActivationStoreError) -> [Integer] {
    var values = [Integer](repeating: 0, count: count)
    var span = values.mutableSpan
    try unsafe span.withUnsafeMutableBytes { (bytes) throws(ActivationStoreError) in
      try unsafe read(into: bytes, at: offset)
    }
    return values
  }

  /// Writes integers as they stand in the file.
  func write<Integer: FixedWidthInteger & BitwiseCopyable>(
    _ values: [Integer], at offset: Int
  ) throws(ActivationStoreError) {
    try unsafe values.span.bytes.withUnsafeBytes { (bytes) throws(ActivationStoreError) in
      try unsafe write(bytes, at: offset)
    }
  }
}
