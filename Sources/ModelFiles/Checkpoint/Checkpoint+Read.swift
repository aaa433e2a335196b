import CKernels

extension Checkpoint {
  /// How many elements are decoded before they are scanned, so that the scan finds them in the cache.
  private static let chunkLength = 1 << 14

  /// Decodes a tensor to 32-bit floats in the row order of HuggingFace checkpoints.
  ///
  /// Any number of threads may read at the same time. A value that is not finite is an error, which names
  /// its place in the decoded tensor.
  ///
  /// - Precondition: the buffer has as many elements as the tensor.
  public func read(
    _ tensor: StoredTensor, into values: UnsafeMutableBufferPointer<Float>
  ) throws(ModelFileError) {
    let count = tensor.elementCount
    precondition(
      values.count == count, "\(tensor.name) has \(count) elements, not \(values.count)")
    guard tensor.elementType.isReadable else {
      throw .unreadableType(
        tensor: tensor.name, file: fileName(of: tensor), type: tensor.elementType.name)
    }
    let file = files[tensor.fileIndex]
    if case .rotaryInterleaved(let heads) = tensor.rowOrder,
      let rows = tensor.shape.first, rows % (2 * heads) != 0
    {
      throw .gguf(
        path: file.path, offset: nil,
        .headRows(tensor: tensor.name, rows: rows, heads: heads))
    }
    let bad = unsafe file.withBytes { (bytes) -> Int? in
      let stored = unsafe UnsafeRawBufferPointer(
        rebasing: bytes[tensor.offset..<tensor.offset + tensor.byteCount])
      switch tensor.rowOrder {
      case .plain: return unsafe decode(tensor, stored, into: values)
      case .rotaryInterleaved(let headCount):
        return unsafe decodeInterleaved(tensor, stored, headCount: headCount, into: values)
      }
    }
    if let bad {
      throw .notFinite(
        tensor: tensor.name, file: file.name, index: Self.position(of: bad, in: tensor.shape),
        value: unsafe values[bad])
    }
  }

  /// Decodes elements in order and returns the place of the first that is not finite.
  private func decode(
    _ tensor: StoredTensor, _ stored: UnsafeRawBufferPointer,
    into values: UnsafeMutableBufferPointer<Float>
  ) -> Int? {
    let type = tensor.elementType
    var start = 0
    while start < values.count {
      let end = min(start + Self.chunkLength, values.count)
      let first = start / type.elementsPerBlock * type.bitsPerBlock / 8
      let last = end / type.elementsPerBlock * type.bitsPerBlock / 8
      let chunk = unsafe UnsafeMutableBufferPointer(rebasing: values[start..<end])
      unsafe type.decode(UnsafeRawBufferPointer(rebasing: stored[first..<last]), into: chunk)
      let bad = unsafe ck_first_nonfinite(chunk.baseAddress, chunk.count)
      if bad < chunk.count { return start + bad }
      start = end
    }
    return nil
  }

  /// Decodes rows and puts the two halves of each head back in their places.
  ///
  /// Stored row `2i + p` of a head of width `d` is row `p · d/2 + i`.
  private func decodeInterleaved(
    _ tensor: StoredTensor, _ stored: UnsafeRawBufferPointer, headCount: Int,
    into values: UnsafeMutableBufferPointer<Float>
  ) -> Int? {
    let rowCount = tensor.shape[0]
    let width = rowCount / headCount
    guard values.count > 0 else { return nil }
    if tensor.shape.count == 1 {
      return unsafe decodeInterleavedBias(tensor, stored, width: width, into: values)
    }
    let rowLength = values.count / rowCount
    let rowBytes = stored.count / rowCount
    var firstBad: Int?
    for row in 0..<rowCount {
      let (head, within) = (row / width, row % width)
      let target = head * width + within % 2 * (width / 2) + within / 2
      let destination = unsafe UnsafeMutableBufferPointer(
        rebasing: values[target * rowLength..<(target + 1) * rowLength])
      let source = unsafe UnsafeRawBufferPointer(
        rebasing: stored[row * rowBytes..<(row + 1) * rowBytes])
      unsafe tensor.elementType.decode(source, into: destination)
      let bad = unsafe ck_first_nonfinite(destination.baseAddress, rowLength)
      if bad < rowLength { firstBad = min(firstBad ?? Int.max, target * rowLength + bad) }
    }
    return firstBad
  }

  private func decodeInterleavedBias(
    _ tensor: StoredTensor, _ stored: UnsafeRawBufferPointer, width: Int,
    into values: UnsafeMutableBufferPointer<Float>
  ) -> Int? {
    unsafe tensor.elementType.decode(stored, into: values)
    let interleaved = unsafe Array(values)
    for (row, value) in interleaved.enumerated() {
      let (head, within) = (row / width, row % width)
      unsafe values[head * width + within % 2 * (width / 2) + within / 2] = value
    }
    let bad = unsafe ck_first_nonfinite(values.baseAddress, values.count)
    return bad < values.count ? bad : nil
  }

  /// A flat index as one index per dimension.
  private static func position(of flat: Int, in shape: [Int]) -> [Int] {
    var rest = flat
    return shape.reversed().map { size -> Int in
      defer { rest /= size }
      return rest % size
    }.reversed()
  }
}
