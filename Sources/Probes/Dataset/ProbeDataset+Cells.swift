import Kernels
import Synchronization

extension ProbeDataset {
  /// Works on all cells, as many at once as there are threads; what comes of them is in their order.
  ///
  /// Cells are read one at a time. `progress` is told how many of how many are done, on any thread.
  func mapCells<Value: Sendable>(
    threads: Int, progress: (@Sendable (_ done: Int, _ total: Int) -> Void)?,
    _ body: @Sendable (ProbeCell, borrowing DoubleMatrix) throws -> Value
  ) throws -> [Value] {
    let reading = Mutex(())
    let done = Mutex(0)
    return try parallelMap(count: cells.count, threads: threads) { index in
      let cell = cells[index]
      let values = try reading.withLock { _ in try features(cell) }
      let value = try body(
        cell, DoubleMatrix(values, rows: prompts.count, name: cell.name))
      progress?(
        done.withLock { count in
          count += 1
          return count
        }, cells.count)
      return value
    }
  }
}

extension DoubleMatrix {
  /// The vectors of a cell as doubles, `[row, width]`.
  init(_ values: [Float], rows: Int, name: String) throws(ProbeError) {
    precondition(
      rows > 0 && values.count % rows == 0, "\(name): \(values.count) values for \(rows) rows")
    let width = values.count / rows
    self.init(rows: rows, columns: width)
    for index in 0..<rows {
      var row = mutableRow(index)
      for column in 0..<width {
        let value = values[index * width + column]
        guard value.isFinite else { throw .notFinite(cell: name, row: index, column: column) }
        row[column] = Double(value)
      }
    }
  }
}
