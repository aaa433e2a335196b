import CKernels

extension Checkpoint {
  /// Decodes one row of a matrix to 32-bit floats, for tables of which few rows are needed.
  ///
  /// - Parameters:
  ///   - tensor: a matrix `[row, width]` in plain row order whose rows are whole blocks.
  ///   - row: which row.
  ///   - values: room for `width` elements.
  /// - Throws: `ModelFileError.notFinite` for a value that is not finite.
  public func read(
    _ tensor: StoredTensor, row: Int, into values: UnsafeMutableBufferPointer<Float>
  ) throws(ModelFileError) {
    precondition(
      tensor.shape.count == 2 && tensor.rowOrder == .plain && tensor.elementType.isReadable,
      "\(tensor.name) is not a table of rows")
    precondition(
      (0..<tensor.shape[0]).contains(row) && values.count == tensor.shape[1],
      "row \(row) of \(tensor.name), whose shape is \(tensor.shape), into \(values.count) values")
    let byteCount = tensor.byteCount / tensor.shape[0]
    let start = tensor.offset + row * byteCount
    let file = files[tensor.fileIndex]
    let bad = unsafe file.withBytes { bytes in
      unsafe tensor.elementType.decode(
        UnsafeRawBufferPointer(rebasing: bytes[start..<start + byteCount]), into: values)
      return unsafe ck_first_nonfinite(values.baseAddress, values.count)
    }
    guard bad == values.count else {
      throw .notFinite(
        tensor: tensor.name, file: file.name, index: [row, bad], value: unsafe values[bad])
    }
  }
}
