import Kernels
import ModelFiles

extension WeightSource {
  /// Lends a whole tensor's values.
  func withTensor(
    _ name: String, _ body: (UnsafeBufferPointer<Float>) throws(ModelFileError) -> Void
  ) throws(ModelFileError) {
    let matrix = try matrix(name)
    try unsafe matrix[rows: 0..<matrix.rowCapacity].withUnsafeBufferPointer {
      (values) throws(ModelFileError) in try unsafe body(values)
    }
  }
}
