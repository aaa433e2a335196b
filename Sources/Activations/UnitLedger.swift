import CKernels

/// What has arrived of one commit unit, and the checksums of the pieces it arrived in.
///
/// Rows come dataset by dataset in pieces of any size and in any order; their checksums are joined in the
/// order that the file defines, so that no row has to be kept or read again.
struct UnitLedger: Sendable {
  private struct Piece: Sendable {
    var rows: Range<Int>
    var checksum: UInt32
  }

  /// The pieces of each dataset, in order of rows, neighbours joined.
  private var pieces: [[Piece]]
  /// Rows still to come, counted once for each dataset.
  private var missing: Int
  /// One bit for each prompt of the unit.
  private var nonFinite: UInt64 = 0
  private var overflowed: UInt64 = 0

  init(datasetCount: Int, rowCount: Int) {
    pieces = Array(repeating: [], count: datasetCount)
    missing = datasetCount * rowCount
  }

  /// Whether every row of every dataset has arrived.
  var isComplete: Bool { missing == 0 }

  /// Notes rows that are in the file now.
  ///
  /// - Parameters:
  ///   - rows: which rows.
  ///   - dataset: the index of their dataset.
  ///   - rowByteCount: the bytes of one row of this dataset.
  ///   - checksum: the CRC-32C of their bytes.
  ///   - marks: what was met in the rows' prompts.
  mutating func add(
    _ rows: Range<Int>, of dataset: Int, rowByteCount: Int, checksum: UInt32, marks: PromptMarks
  ) {
    let next = pieces[dataset].firstIndex { $0.rows.lowerBound >= rows.lowerBound }
    let index = next ?? pieces[dataset].count
    if index > 0 {
      let before = pieces[dataset][index - 1].rows
      precondition(
        before.upperBound <= rows.lowerBound, "rows \(rows) come after \(before) was written")
    }
    if index < pieces[dataset].count {
      let after = pieces[dataset][index].rows
      precondition(
        rows.upperBound <= after.lowerBound, "rows \(rows) come after \(after) was written")
    }
    pieces[dataset].insert(Piece(rows: rows, checksum: checksum), at: index)
    joinNeighbours(at: index, of: dataset, rowByteCount: rowByteCount)
    joinNeighbours(at: index - 1, of: dataset, rowByteCount: rowByteCount)
    missing -= rows.count
    nonFinite |= marks.nonFinite
    overflowed |= marks.overflowed
  }

  private mutating func joinNeighbours(at index: Int, of dataset: Int, rowByteCount: Int) {
    guard index >= 0, index + 1 < pieces[dataset].count else { return }
    let (left, right) = (pieces[dataset][index], pieces[dataset][index + 1])
    guard left.rows.upperBound == right.rows.lowerBound else { return }
    pieces[dataset][index] = Piece(
      rows: left.rows.lowerBound..<right.rows.upperBound,
      checksum: ck_crc32c_joined(
        left.checksum, right.checksum, UInt64(right.rows.count * rowByteCount)))
    pieces[dataset].remove(at: index + 1)
  }

  /// The status of each prompt of a complete unit.
  ///
  /// A prompt with both faults counts as not finite, whichever was met first.
  func status(promptCount: Int) -> [UInt8] {
    (0..<UInt64(promptCount)).map { prompt in
      if nonFinite >> prompt & 1 == 1 { return RowStatus.nonFinite.rawValue }
      return (overflowed >> prompt & 1 == 1 ? RowStatus.overflow : .whole).rawValue
    }
  }

  /// The checksum of a complete unit, as `StoreLayout.checksum` would compute it from the file.
  func checksum(rowByteCounts: [Int], status: [UInt8]) -> UInt32 {
    precondition(isComplete, "\(missing) rows are missing")
    var checksum: UInt32 = 0
    for (dataset, pieces) in pieces.enumerated() {
      for piece in pieces {
        checksum = ck_crc32c_joined(
          checksum, piece.checksum, UInt64(piece.rows.count * rowByteCounts[dataset]))
      }
    }
    return unsafe ck_crc32c(checksum, status, status.count) | 1
  }
}

/// The prompts of one unit in whose rows something was met, a bit for each.
struct PromptMarks: Sendable {
  var nonFinite: UInt64 = 0
  var overflowed: UInt64 = 0
}
