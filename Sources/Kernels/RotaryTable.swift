import CKernels
import Foundation

/// Cosines and sines of every position's rotary angles.
public struct RotaryTable: ~Copyable, Sendable {
  /// Positions covered so far.
  public private(set) var positionCount = 0
  /// Radians per position for each pair of channels, `[d_head / 2]`.
  private let frequencies: [Float]
  private var cosines = FloatMatrix(rows: 0, width: 0)
  private var sines = FloatMatrix(rows: 0, width: 0)

  /// Makes an empty table.
  ///
  /// - Parameter frequencies: radians per position for each pair of channels, `[d_head / 2]`.
  public init(frequencies: [Float]) {
    self.frequencies = frequencies
  }

  /// Extends the table to cover positions `0..<count`.
  public mutating func cover(positions count: Int) {
    guard count > positionCount else { return }
    let capacity = max(count, 2 * positionCount, 256)
    cosines = table(positions: capacity) { cos($0) }
    sines = table(positions: capacity) { sin($0) }
    positionCount = capacity
  }

  /// A function of every position's angles, `[position, d_head / 2]`.
  private func table(positions: Int, of function: (Float) -> Float) -> FloatMatrix {
    var table = FloatMatrix(rows: positions, width: frequencies.count)
    var values = table.mutableRows(0..<positions)
    for position in 0..<positions {
      for (index, frequency) in frequencies.enumerated() {
        // The angle is rounded to float as the models' own code does, so that long prompts agree.
        values[position * frequencies.count + index] = function(Float(position) * frequency)
      }
    }
    return table
  }

  /// Rotates the halves of each head in place.
  ///
  /// - Parameters:
  ///   - matrix: `[row, head, d_head]`.
  ///   - sequences: the rows of each sequence, and the position of the first of them.
  ///   - threads: how many threads divide the rows.
  public func rotate(
    _ matrix: inout FloatMatrix, _ sequences: [(rows: Range<Int>, firstPosition: Int)],
    threads: Int = 1
  ) {
    turn(&matrix, sequences, isBack: false, threads: threads)
  }

  /// Rotates back, which turns the derivative by rotated rows into the derivative by what was rotated.
  ///
  /// - Parameters:
  ///   - matrix: `[row, head, d_head]`, in place.
  ///   - sequences: the rows of each sequence, and the position of the first of them.
  ///   - threads: how many threads divide the rows.
  public func rotateBack(
    _ matrix: inout FloatMatrix, _ sequences: [(rows: Range<Int>, firstPosition: Int)],
    threads: Int = 1
  ) {
    turn(&matrix, sequences, isBack: true, threads: threads)
  }

  private func turn(
    _ matrix: inout FloatMatrix, _ sequences: [(rows: Range<Int>, firstPosition: Int)],
    isBack: Bool, threads: Int
  ) {
    let end = sequences.map { $0.firstPosition + $0.rows.count }.max() ?? 0
    precondition(end <= positionCount, "rotating up to position \(end) of \(positionCount)")
    let dHead = 2 * frequencies.count
    let width = matrix.width
    let kernel = unsafe isBack ? ck_rotate_back : ck_rotate
    let rows = 0..<(sequences.map(\.rows.upperBound).max() ?? 0)
    nonisolated(unsafe) let base = unsafe matrix.pointer(rows: rows)
    nonisolated(unsafe) let cosines = unsafe cosines.base
    nonisolated(unsafe) let sines = unsafe sines.base
    let pieces = pieces(of: sequences.map(\.rows), threads: threads)
    parallelFor(count: pieces.count, threads: threads) { index in
      let (run, rows) = pieces[index]
      let position =
        sequences[run].firstPosition + rows.lowerBound - sequences[run].rows.lowerBound
      unsafe kernel(
        base + rows.lowerBound * width, cosines, sines, position, rows.count, width / dHead, dHead)
    }
  }
}
