import Inference
import Kernels
import ModelFiles
import Statistics

/// Where the weights of one model differ from those of another.
struct WeightUpdates: Sendable {
  private let before: AdaptedModel
  private let after: AdaptedModel
  /// What the second model adds to the first by adapters alone; nil where the weights have to be compared.
  private let added: [AppliedAdapter]?
  /// The linear modules of both models.
  let modules: [(path: String, shape: [Int])]

  init(from before: AdaptedModel, to after: AdaptedModel) throws {
    for model in [before, after] { try model.checkpoint.checkTensors() }
    let own = DecoderDescription(before.checkpoint.configuration).linearModules
    let others = DecoderDescription(after.checkpoint.configuration).linearModules
    guard own.elementsEqual(others, by: { $0.path == $1.path && $0.shape == $1.shape }) else {
      throw AuditError.otherModel(
        what: "shape", before: before.checkpoint.path, after: after.checkpoint.path)
    }
    self.before = before
    self.after = after
    modules = own
    let common = before.adapters.count
    let isExtended =
      before.checkpoint.digest() == after.checkpoint.digest()
      && after.adapters.count >= common
      && zip(before.adapters, after.adapters).allSatisfy {
        $0.adapter.digest(weight: $0.weight) == $1.adapter.digest(weight: $1.weight)
      }
    added = isExtended ? Array(after.adapters.dropFirst(common)) : nil
  }

  /// The factors that adapters add to a module, with what their product is multiplied by; nil where the weights
  /// were compared instead.
  func factors(of path: String) -> [(module: LowRankAdapter.Module, scale: Double)]? {
    added?.compactMap { applied in
      applied.adapter.modules.first { $0.path == path }.map {
        ($0, applied.adapter.scaling(of: $0) * applied.weight)
      }
    }
  }

  /// The difference of a module's weight, `[out, in]`.
  func difference(of path: String, shape: [Int]) throws(ModelFileError) -> DoubleMatrix {
    var difference = DoubleMatrix(rows: shape[0], columns: shape[1])
    if let factors = factors(of: path) {
      for (module, scale) in factors where scale != 0 {
        difference.add(scale, times: module.upMatrix.times(module.downMatrix))
      }
      return difference
    }
    let name = "\(path).weight"
    let first = try before.weights.matrix(name)
    let second = try after.weights.matrix(name)
    for row in 0..<shape[0] {
      var target = difference.mutableRow(row)
      let (from, to) = (first[rows: row..<row + 1], second[rows: row..<row + 1])
      for column in target.indices { target[column] = Double(to[column]) - Double(from[column]) }
    }
    return difference
  }

  /// The Frobenius norm of a module's weight before.
  func norm(of path: String) throws(ModelFileError) -> Double {
    try before.weightNorm(ofModule: path)
  }
}

extension DoubleMatrix {
  /// The largest singular value, by the power method from a seeded start; 0 of nothing.
  func topSingularValue(seed: UInt64) -> Double {
    var generator = SeededGenerator(seed: seed, stream: .singularStart)
    var vector = (0..<columns).map { _ in generator.normal() }
    var largest = 0.0
    for _ in 0..<Self.mostSteps {
      let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
      if length == 0 { return 0 }
      let image = times(vector.map { $0 / length })
      let value = image.reduce(0) { $0 + $1 * $1 }.squareRoot()
      if value == 0 || abs(value - largest) <= 1e-12 * value { return value }
      largest = value
      vector = transposedTimes(image)
    }
    return largest
  }

  private static var mostSteps: Int { 500 }
}
