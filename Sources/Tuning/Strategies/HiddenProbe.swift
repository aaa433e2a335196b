import Foundation
import Inference
import Kernels

/// Vectors added to what leaves some blocks while a step is made, and absent from the saved model.
///
/// Not a classifier: those are called probes elsewhere in this package.
struct HiddenProbe {
  /// The probed blocks.
  let layers: [Int]
  /// One vector for each block; all zeros where there is none.
  private(set) var vectors: [[Float]]
  private var first: [[Float]]
  private var second: [[Float]]
  private var updates = 0

  init(layers: [Int]) {
    self.layers = layers
    vectors = layers.map { _ in [] }
    first = vectors
    second = vectors
  }

  /// What adds the vectors in a forward pass; nothing where they are all zeros.
  var hooks: [any ActivationHook] {
    guard vectors.contains(where: { $0.contains { $0 != 0 } }) else { return [] }
    return zip(layers, vectors).map { Intervention(.add($1), at: .residPost, layers: [$0]) }
  }

  /// The norm of all vectors together.
  var norm: Double {
    vectors.joined().reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
  }

  /// Takes the vectors away.
  mutating func clear() {
    vectors = vectors.map { Array(repeating: 0, count: $0.count) }
  }

  /// Sets the vectors from their gradient, upwards.
  mutating func set(gradient: [[Double]], size: Double, mode: SafetyAwareProbing.Mode) {
    switch mode {
    case .raw:
      vectors = gradient.map { $0.map { Float(size * $0) } }
    case .rms:
      vectors = gradient.map { block in
        let squares = block.reduce(0) { $0 + $1 * $1 }
        let rms = (squares / Double(max(1, block.count))).squareRoot()
        return block.map { rms > 0 ? Float(size * ($0 / rms)) : 0 }
      }
    case .adam:
      setByAdam(gradient, size: size)
    }
  }

  /// The defaults of `torch.optim.Adam`, as the released code has them.
  private mutating func setByAdam(_ gradient: [[Double]], size: Double) {
    updates += 1
    let correction1 = 1 - pow(0.9, Double(updates))
    let correction2 = 1 - pow(0.999, Double(updates))
    for (block, slopes) in gradient.enumerated() {
      if first[block].count != slopes.count || second[block].count != slopes.count {
        first[block] = Array(repeating: 0, count: slopes.count)
        second[block] = first[block]
      }
      vectors[block] = slopes.indices.map { index in
        let slope = slopes[index]
        let mean = 0.9 * Double(first[block][index]) + 0.1 * slope
        let square = 0.999 * Double(second[block][index]) + 0.001 * slope * slope
        first[block][index] = Float(mean)
        second[block][index] = Float(square)
        return Float(size * (mean / correction1) / ((square / correction2).squareRoot() + 1e-8))
      }
    }
  }

  /// What must be remembered between steps.
  var state: StrategyState {
    var state = StrategyState(numbers: ["probe_updates": updates])
    for (index, layer) in layers.enumerated() {
      state.arrays["probe.\(layer)"] = vectors[index]
      state.arrays["probe_first.\(layer)"] = first[index]
      state.arrays["probe_second.\(layer)"] = second[index]
    }
    return state
  }

  /// Takes over what was remembered.
  mutating func restore(_ state: StrategyState) throws {
    updates = try state.number("probe_updates")
    guard (0..<Int.max).contains(updates) else { throw StrategyStateError(missing: "a count") }
    func arrays(_ prefix: String) throws -> [[Float]] {
      try layers.map { layer in
        guard let values = state.arrays["\(prefix).\(layer)"] else {
          throw StrategyStateError(missing: "\(prefix).\(layer)")
        }
        return values
      }
    }
    vectors = try arrays("probe")
    first = try arrays("probe_first")
    second = try arrays("probe_second")
  }
}

/// Adds up rows at the end of some blocks: the derivative by a vector that is added to all of them.
final class ProbeGradient: ActivationHook {
  let sites: [HookSite]
  /// The sum at each block, in the order of the blocks.
  private(set) var sums: [[Double]]

  init(layers: [Int]) {
    sites = layers.map { HookSite(.residPost, layer: $0) }
    sums = layers.map { _ in [] }
  }

  func fire(at site: HookSite, _ activation: inout ActivationView, batch: TokenBatch) {
    guard let block = sites.firstIndex(of: site) else { return }
    let width = activation.width
    if sums[block].isEmpty { sums[block] = Array(repeating: 0, count: width) }
    for row in 0..<activation.rowCount {
      for column in 0..<width {
        sums[block][column] += Double(activation.values[row * width + column])
      }
    }
  }
}
