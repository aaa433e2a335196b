/// A byte for every Unicode scalar, in pages of 256 of which equal ones are kept once.
struct PagedTable: Sendable {
  /// A run of scalars with one value.
  struct Run {
    var length: Int
    var value: UInt8
  }

  private static let scalarCount = 0x110000
  private let starts: [UInt32]
  private let values: [UInt8]

  /// Runs from scalar 0 on that cover all of Unicode.
  init(_ runs: [Run]) {
    var starts: [UInt32] = []
    var values: [UInt8] = []
    var uniform: [UInt8: UInt32] = [:]
    var run = 0
    var used = 0  // scalars of runs[run] already placed
    while starts.count < Self.scalarCount / 256 {
      precondition(run < runs.count, "\(runs.count) runs end at page \(starts.count)")
      if runs[run].length - used >= 256, let known = uniform[runs[run].value] {
        starts.append(known)
        used += 256
      } else {
        if runs[run].length - used >= 256 { uniform[runs[run].value] = UInt32(values.count) }
        starts.append(UInt32(values.count))
        var missing = 256
        while missing > 0 {
          let length = min(missing, runs[run].length - used)
          values.append(contentsOf: repeatElement(runs[run].value, count: length))
          missing -= length
          used += length
          if missing > 0 {
            run += 1
            used = 0
          }
        }
      }
      if used == runs[run].length {
        run += 1
        used = 0
      }
    }
    precondition(run == runs.count, "\(runs.count - run) runs lie beyond Unicode")
    self.starts = starts
    self.values = values
  }

  /// The byte of a scalar below 0x110000.
  subscript(scalar: UInt32) -> UInt8 {
    values[Int(starts[Int(scalar >> 8)] + scalar & 0xFF)]
  }
}
