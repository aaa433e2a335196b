import Inference
import Kernels
import ModelFiles

/// Weights between those of two models: `before + weight × (after - before)`, in float32.
///
/// At the weights 0 and 1 a tensor is that of one model, and equal values stay as they are at any.
struct BlendedWeights: WeightSource {
  let before: any WeightSource
  let after: any WeightSource
  let weights: BlendWeights

  func shape(of name: String) -> [Int] { before.shape(of: name) }

  func read(_ name: String, into values: inout MutableSpan<Float>) throws(ModelFileError) {
    try blend(name, into: &values) { (source, target) throws(ModelFileError) in
      try source.read(name, into: &target)
    }
  }

  func read(
    _ name: String, row: Int, into values: inout MutableSpan<Float>
  ) throws(ModelFileError) {
    try blend(name, into: &values) { (source, target) throws(ModelFileError) in
      try source.read(name, row: row, into: &target)
    }
  }

  func announce(_ name: String) {
    before.announce(name)
    after.announce(name)
  }

  func release(_ name: String) {
    before.release(name)
    after.release(name)
  }

  private func blend(
    _ name: String, into values: inout MutableSpan<Float>,
    _ read: (any WeightSource, inout MutableSpan<Float>) throws(ModelFileError) -> Void
  ) throws(ModelFileError) {
    let weight = Float(weights.weight(ofTensor: name))
    if weight == 1 { return try read(after, &values) }
    try read(before, &values)
    if weight == 0 { return }
    var other = FloatMatrix(rows: 1, width: values.count)
    var tuned = other.mutableRows(0..<1)
    try read(after, &tuned)
    for index in values.indices {
      values[index] += weight * (tuned[index] - values[index])
    }
  }
}
