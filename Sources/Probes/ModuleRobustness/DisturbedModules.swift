import Foundation
package import Inference
package import Kernels
import ModelFiles

/// A disturbed copy of a module's matrix.
package struct DisturbedModule: Sendable {
  /// In the layout of products.
  package let packed: PackedWeights
  /// The squared length of the matrix before.
  package let weightSquares: Double
  /// The squared length of the change.
  package let changeSquares: Double
}

/// Makes disturbed copies of a model's matrices, always from the weights themselves.
package struct DisturbedModules: Sendable {
  private let weights: any WeightSource
  private let tuned: (any WeightSource)?

  /// Takes a model's weights and, for `delta`, those of a tuning of it.
  package init(_ weights: any WeightSource, tuned: (any WeightSource)? = nil) {
    self.weights = weights
    self.tuned = tuned
  }

  /// A disturbed copy.
  ///
  /// - Parameters:
  ///   - member: the module.
  ///   - disturbance: what is done to it.
  ///   - direction: draws for every module by its name, so that a module's draw is the same beside any others.
  ///   - decoder: whose products will read it.
  /// - Returns: the copy, and how far it is from the matrix.
  /// - Throws: `ModelFileError` where weights cannot be read.
  package func module(
    _ member: ModuleSet.Member, _ disturbance: ModuleDisturbance, _ direction: WeightDirection,
    for decoder: Decoder
  ) throws -> DisturbedModule {
    var matrix = try weights.matrix(member.weightName)
    let rows = matrix.rowCapacity
    let width = matrix.width
    var values = matrix.mutableRows(0..<rows)
    let before = Squares(values.span)
    let changed = try disturb(
      &values, width: width, before, member.weightName, disturbance, direction)
    return DisturbedModule(
      packed: try decoder.packed(matrix, as: member), weightSquares: before.sum,
      changeSquares: changed)
  }

  /// Disturbs a matrix in place; returns the squared length of the change.
  private func disturb(
    _ values: inout MutableSpan<Float>, width: Int, _ before: Squares, _ name: String,
    _ disturbance: ModuleDisturbance, _ direction: WeightDirection
  ) throws -> Double {
    let strength = disturbance.strength
    switch disturbance.kind {
    case .noise:
      // Nothing added changes nothing, not even the sign of a zero.
      if strength == 0 { return 0 }
      let scale = Float(strength * before.rootMean)
      var components = direction.components(of: name, from: 0)
      return values.change { _, value in value + scale * components.next() }
    case .shrink:
      let factor = Float(1 - strength)
      return values.change { _, value in factor * value }
    case .drop:
      var numbers = direction.numbers(of: name)
      return values.change { _, value in
        Double(numbers.next() >> 11) * 0x1p-53 < strength ? 0 : value
      }
    case .quant:
      return values.round(width: width, levels: Float((1 << (Int(strength) - 1)) - 1))
    case .delta:
      guard let tuned else { preconditionFailure("a delta without a tuned model") }
      if strength == 0 { return 0 }
      let target = try tuned.matrix(name)
      let other = target[rows: 0..<target.rowCapacity]
      precondition(other.count == values.count, "\(name) of another shape in the tuned model")
      return values.move(to: other, share: Float(strength))
    }
  }
}

/// The squared length of a matrix.
private struct Squares {
  let sum: Double
  let count: Int

  init(_ values: Span<Float>) {
    var sum = 0.0
    for index in values.indices { sum += Double(values[index]) * Double(values[index]) }
    self.sum = sum
    count = values.count
  }

  var rootMean: Double { (sum / Double(count)).squareRoot() }
}

extension MutableSpan<Float> {
  /// Changes every value; returns the squared length of the change.
  fileprivate mutating func change(_ changed: (_ index: Int, _ value: Float) -> Float) -> Double {
    var squares = 0.0
    for index in indices {
      let value = changed(index, self[index])
      let change = Double(value) - Double(self[index])
      squares += change * change
      self[index] = value
    }
    return squares
  }

  /// Goes a share of the way to other values; returns the squared length of the change.
  fileprivate mutating func move(to other: Span<Float>, share: Float) -> Double {
    var squares = 0.0
    for index in indices {
      let difference = other[index] - self[index]
      squares += Double(share * difference) * Double(share * difference)
      // Rounding would keep the whole of the way from ending at the other value.
      self[index] = share == 1 ? other[index] : self[index] + share * difference
    }
    return squares
  }

  /// Rounds rows to so many levels on either side of zero; returns the squared length of the change.
  fileprivate mutating func round(width: Int, levels: Float) -> Double {
    var steps = [Float](repeating: 0, count: count / Swift.max(width, 1))
    for index in indices {
      steps[index / width] = Swift.max(steps[index / width], abs(self[index]))
    }
    return change { index, value in
      let step = steps[index / width] / levels
      return step > 0 ? step * (value / step).rounded(.toNearestOrEven) : value
    }
  }
}
