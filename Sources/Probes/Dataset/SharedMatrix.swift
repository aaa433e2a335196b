import Kernels

/// A matrix that is not copied and not changed, for several threads to read.
final class SharedMatrix: Sendable {
  let values: DoubleMatrix

  init(_ values: consuming DoubleMatrix) {
    self.values = values
  }
}
