import Kernels
import ModelFiles

extension WeightSource {
  /// Lends a whole tensor's values, and lets it go afterwards.
  func withTensor(
    _ name: String, _ body: (UnsafeBufferPointer<Float>) throws(ModelFileError) -> Void
  ) throws(ModelFileError) {
    defer { release(name) }
    let shape = shape(of: name)
    var matrix = FloatMatrix(rows: shape[0], width: shape.count == 2 ? shape[1] : 1)
    var values = matrix.mutableRows(0..<shape[0])
    try read(name, into: &values)
    try unsafe matrix[rows: 0..<shape[0]].withUnsafeBufferPointer {
      (values) throws(ModelFileError) in try unsafe body(values)
    }
  }
}
