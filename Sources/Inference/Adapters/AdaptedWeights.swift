import Kernels
import ModelFiles

/// Weights with the updates of adapters added: `W + scaling × B A`.
///
/// The product of a row is summed in float32 in the order of the ranks and added at once, so that a weight is
/// rounded once for each adapter.
struct AdaptedWeights: WeightSource {
  /// What one adapter adds to one matrix.
  private struct Update {
    let rank: Int
    let scale: Float
    let down: [Float]
    let up: [Float]
  }

  private let base: any WeightSource
  /// By the names of the tensors they change.
  private let updates: [String: [Update]]

  /// Adds adapters, which fit, to a source.
  init(_ base: any WeightSource, adapters: [AppliedAdapter]) {
    self.base = base
    var updates: [String: [Update]] = [:]
    for applied in adapters {
      for module in applied.adapter.modules {
        let scale = Float(applied.adapter.scaling(of: module) * applied.weight)
        // A weight of zero changes nothing, not even the sign of a zero.
        if scale == 0 { continue }
        updates["\(module.path).weight", default: []].append(
          Update(rank: module.rank, scale: scale, down: module.down, up: module.up))
      }
    }
    self.updates = updates
  }

  func shape(of name: String) -> [Int] { base.shape(of: name) }

  func read(_ name: String, into values: inout MutableSpan<Float>) throws(ModelFileError) {
    try base.read(name, into: &values)
    guard let updates = updates[name] else { return }
    let shape = shape(of: name)
    var product = FloatMatrix(rows: 1, width: shape[1])
    for row in 0..<shape[0] {
      var target = values._mutatingExtracting(row * shape[1]..<(row + 1) * shape[1])
      Self.add(updates, row: row, to: &target, &product)
    }
    try demandFinite(name, values.span, firstRow: 0)
  }

  func read(
    _ name: String, row: Int, into values: inout MutableSpan<Float>
  ) throws(ModelFileError) {
    try base.read(name, row: row, into: &values)
    guard let updates = updates[name] else { return }
    var product = FloatMatrix(rows: 1, width: values.count)
    Self.add(updates, row: row, to: &values, &product)
    try demandFinite(name, values.span, firstRow: row)
  }

  func announce(_ name: String) { base.announce(name) }

  func release(_ name: String) { base.release(name) }

  private static func add(
    _ updates: [Update], row: Int, to values: inout MutableSpan<Float>, _ product: inout FloatMatrix
  ) {
    for update in updates {
      var sum = product.mutableRows(0..<1)
      for index in sum.indices { sum[index] = 0 }
      for rank in 0..<update.rank {
        addScaled(
          update.down.span.extracting(rank * values.count..<(rank + 1) * values.count),
          scale: update.up[row * update.rank + rank], to: &sum)
      }
      addScaled(sum.span, scale: update.scale, to: &values)
    }
  }

  private func demandFinite(
    _ name: String, _ values: Span<Float>, firstRow: Int
  ) throws(ModelFileError) {
    let width = shape(of: name)[1]
    for index in values.indices where !values[index].isFinite {
      throw .notFinite(
        tensor: ByteString(name), file: "the model with its adapters",
        index: [firstRow + index / width, index % width], value: values[index])
    }
  }
}
