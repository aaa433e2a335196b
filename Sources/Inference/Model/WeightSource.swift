import ModelFiles

/// Where a decoder's tensors come from.
///
/// Tensors go by the names that checkpoints give them; asking for one that is not there is a mistake.
protocol WeightSource: Sendable {
  /// The sizes of a tensor: `[out, in]`, or `[width]`.
  func shape(of name: String) -> [Int]
  /// Fills a whole tensor, row by row.
  func read(_ name: String, into values: inout MutableSpan<Float>) throws
  /// Fills one row of a matrix.
  func read(_ name: String, row: Int, into values: inout MutableSpan<Float>) throws
  /// Tells that a tensor will be read soon.
  func announce(_ name: String)
  /// Tells that a tensor was read.
  func release(_ name: String)
}

extension Checkpoint: WeightSource {
  func shape(of name: String) -> [Int] { checked(name).shape }

  func read(_ name: String, into values: inout MutableSpan<Float>) throws {
    try unsafe values.withUnsafeMutableBufferPointer { try unsafe read(checked(name), into: $0) }
  }

  func read(_ name: String, row: Int, into values: inout MutableSpan<Float>) throws {
    try unsafe values.withUnsafeMutableBufferPointer {
      try unsafe read(checked(name), row: row, into: $0)
    }
  }

  func announce(_ name: String) { announce(checked(name)) }

  func release(_ name: String) { release(checked(name)) }

  private func checked(_ name: String) -> StoredTensor {
    guard let tensor = tensors[ByteString(name)] else {
      preconditionFailure("\(name) was not checked before loading")
    }
    return tensor
  }
}
