package import Kernels
public import ModelFiles

/// Where a decoder's tensors come from.
///
/// Tensors go by the names that checkpoints give them; asking for one that is not there is a mistake.
package protocol WeightSource: Sendable {
  /// The sizes of a tensor: `[out, in]`, or `[width]`.
  func shape(of name: String) -> [Int]
  /// Fills a whole tensor, row by row.
  func read(_ name: String, into values: inout MutableSpan<Float>) throws(ModelFileError)
  /// Fills one row of a matrix.
  func read(_ name: String, row: Int, into values: inout MutableSpan<Float>) throws(ModelFileError)
  /// Tells that a tensor will be read soon.
  func announce(_ name: String)
  /// Tells that a tensor was read.
  func release(_ name: String)
}

extension WeightSource {
  /// Reads a whole tensor and lets it go: `[out, in]`, or `[1, width]`.
  package func matrix(_ name: String) throws(ModelFileError) -> FloatMatrix {
    defer { release(name) }
    let shape = shape(of: name)
    let rows = shape.count == 2 ? shape[0] : 1
    var matrix = FloatMatrix(rows: rows, width: shape[shape.count - 1])
    var values = matrix.mutableRows(0..<rows)
    try read(name, into: &values)
    return matrix
  }
}

extension Checkpoint: WeightSource {
  package func shape(of name: String) -> [Int] { checked(name).shape }

  package func read(
    _ name: String, into values: inout MutableSpan<Float>
  ) throws(ModelFileError) {
    try unsafe values.withUnsafeMutableBufferPointer { (values) throws(ModelFileError) in
      try unsafe read(checked(name), into: values)
    }
  }

  package func read(
    _ name: String, row: Int, into values: inout MutableSpan<Float>
  ) throws(ModelFileError) {
    try unsafe values.withUnsafeMutableBufferPointer { (values) throws(ModelFileError) in
      try unsafe read(checked(name), row: row, into: values)
    }
  }

  package func announce(_ name: String) { announce(checked(name)) }

  package func release(_ name: String) { release(checked(name)) }

  private func checked(_ name: String) -> StoredTensor {
    guard let tensor = tensors[ByteString(name)] else {
      preconditionFailure("\(name) was not checked before loading")
    }
    return tensor
  }
}
