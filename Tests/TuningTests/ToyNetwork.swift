import Foundation
import Inference
import Kernels
import TestSupport
import Tokenization
import Tuning

/// A small residual network with exact gradients: x ← x + W₂ tanh(W₁ x) block by block, each row alone.
///
/// It computes in double precision; only weights, gradients and what hooks see are float32.
final class ToyNetwork: DifferentiableModel {
  let tensors: [TrainableTensor]
  let layerCount: Int
  private let width = 6
  private let hidden = 8
  private let vocabulary = 11
  private let embedding: [Double]
  private let head: [Double]
  /// How often values were said to have changed.
  private(set) var changeCount = 0
  /// Makes every loss from this batch on not a number.
  var breaksAtBatch = Int.max
  /// Leaves gradients as they are from this batch on.
  var vanishesAtBatch = Int.max
  /// Makes losses without a gradient not a number from this pass on.
  var breaksAtPass = Int.max
  private var batchCount = 0
  private var passCount = 0

  static let modules: [WeightModule] = [.upProjection, .downProjection]

  init(layers: Int = 3, seed: UInt64 = 1) {
    layerCount = layers
    embedding = randomValues(vocabulary * width, seed: seed &* 31).map(Double.init)
    head = randomValues(vocabulary * width, seed: seed &* 37).map(Double.init)
    var tensors: [TrainableTensor] = []
    for layer in 0..<layers {
      for (module, shape) in zip(Self.modules, [[hidden, width], [width, hidden]]) {
        let tensor = TrainableTensor(
          name: "model.layers.\(layer).mlp.\(module.rawValue).weight", module: module,
          layer: layer, shape: shape)
        let values = randomValues(tensor.count, seed: seed &* 41 &+ UInt64(tensors.count))
        tensor.values.assign(values.map { 0.6 * $0 })
        tensors.append(tensor)
      }
    }
    let norm = TrainableTensor(
      name: "model.norm.weight", module: .norm, layer: nil, shape: [width])
    norm.values.assign(Array(repeating: 1, count: width))
    self.tensors = tensors + [norm]
  }

  func valuesChanged() throws { changeCount += 1 }

  func losses(_ batch: LossBatch, hooks: HookTable) throws -> [Double] {
    passCount += 1
    let losses = Pass(self, batch, hooks).losses
    return passCount > breaksAtPass ? losses.map { _ in .nan } : losses
  }

  func differentiate(
    _ batch: LossBatch, _ request: GradientRequest, objective: LossObjective
  ) throws -> (loss: Double, targetLosses: [Double]) {
    batchCount += 1
    let pass = Pass(self, batch, request.hooks)
    let losses = batchCount > breaksAtBatch ? pass.losses.map { _ in .nan } : pass.losses
    let (loss, slopes) = objective(losses)
    if batchCount <= vanishesAtBatch { pass.goBack(slopes, request) }
    return (loss, losses)
  }

  /// The weights of all tensors, row by row.
  var weights: [[Float]] { tensors.map { $0.values.array() } }
  /// The gradients of all tensors, row by row.
  var gradients: [[Float]] { tensors.map { $0.gradient.array() } }

  func clearGradients() { for tensor in tensors { tensor.clearGradient() } }

  // MARK: The pass

  private struct Pass {
    let network: ToyNetwork
    let batch: LossBatch
    let matrices: [[Double]]
    /// What enters each block and what leaves the last, `[block][row × width]`.
    var streams: [[Double]] = []
    /// tanh of each block, `[block][row × hidden]`.
    var activated: [[Double]] = []
    /// Probabilities of each target's row.
    var probabilities: [[Double]] = []
    var losses: [Double] = []

    init(_ network: ToyNetwork, _ batch: LossBatch, _ hooks: HookTable) {
      self.network = network
      self.batch = batch
      matrices = network.weights.map { $0.map(Double.init) }
      let (width, hidden) = (network.width, network.hidden)
      let rows = batch.batch.tokens.count
      var stream = batch.batch.tokens.flatMap { token in
        network.embedding[Int(token) * width..<(Int(token) + 1) * width]
      }
      for layer in 0..<network.layerCount {
        streams.append(stream)
        let inner = product(stream, width, by: matrices[2 * layer], hidden).map { tanh($0) }
        activated.append(inner)
        let added = product(inner, hidden, by: matrices[2 * layer + 1], width)
        for index in stream.indices { stream[index] += added[index] }
        guard hooks.isHooked(.residPost, layer: layer) else { continue }
        var view = FloatMatrix(stream.map(Float.init), width: width)
        let before = view.array()
        hooks.fire(.residPost, layer: layer, &view, rows: rows, batch: batch.batch)
        let after = view.array()
        for index in stream.indices {
          stream[index] += Double(after[index]) - Double(before[index])
        }
      }
      streams.append(stream)
      let norm = matrices[matrices.count - 1]
      for target in batch.targets {
        let row = stream[target.row * width..<(target.row + 1) * width]
        let logits = product(
          zip(row, norm).map { $0 * $1 }, width, by: network.head, network.vocabulary)
        let largest = logits.max() ?? 0
        let exponentials = logits.map { exp($0 - largest) }
        let sum = exponentials.reduce(0, +)
        probabilities.append(exponentials.map { $0 / sum })
        losses.append(log(sum) + largest - logits[Int(target.token)])
      }
    }

    /// `[row, from] × [to, from]ᵀ → [row, to]`.
    private func product(_ rows: [Double], _ from: Int, by matrix: [Double], _ to: Int) -> [Double]
    {
      (0..<rows.count / from).flatMap { row in
        (0..<to).map { output in
          (0..<from).reduce(0.0) {
            $0 + rows[row * from + $1] * matrix[output * from + $1]
          }
        }
      }
    }

    func goBack(_ slopes: [Float], _ request: GradientRequest) {
      let (width, hidden) = (network.width, network.hidden)
      var gradients = matrices.map { $0.map { _ in 0.0 } }
      let last = streams[network.layerCount]
      var slope = Array(repeating: 0.0, count: last.count)
      let norm = matrices[matrices.count - 1]
      for (index, target) in batch.targets.enumerated() {
        for word in 0..<network.vocabulary {
          let error =
            Double(slopes[index])
            * (probabilities[index][word] - (word == Int(target.token) ? 1 : 0))
          for column in 0..<width {
            let place = target.row * width + column
            slope[place] += error * network.head[word * width + column] * norm[column]
            gradients[gradients.count - 1][column] +=
              error * network.head[word * width + column] * last[place]
          }
        }
      }
      for layer in (0..<network.layerCount).reversed() {
        if request.gradientHooks.isHooked(.residPost, layer: layer) {
          var view = FloatMatrix(slope.map(Float.init), width: width)
          request.gradientHooks.fire(
            .residPost, layer: layer, &view, rows: slope.count / width, batch: batch.batch)
        }
        let (first, second) = (matrices[2 * layer], matrices[2 * layer + 1])
        var entering = slope
        for row in 0..<slope.count / width {
          for unit in 0..<hidden {
            let value = activated[layer][row * hidden + unit]
            var inner = 0.0
            for column in 0..<width {
              gradients[2 * layer + 1][column * hidden + unit] +=
                slope[row * width + column] * value
              inner += slope[row * width + column] * second[column * hidden + unit]
            }
            inner *= 1 - value * value
            for column in 0..<width {
              gradients[2 * layer][unit * width + column] +=
                inner * streams[layer][row * width + column]
              entering[row * width + column] += inner * first[unit * width + column]
            }
          }
        }
        slope = entering
      }
      guard request.includesTensors else { return }
      for (tensor, gradient) in zip(network.tensors, gradients) {
        tensor.gradient.assign(zip(tensor.gradient.array(), gradient).map { $0 + Float($1) })
      }
    }
  }
}

/// Examples of a few tokens with loss on their second half.
func toyExamples(_ count: Int, seed: UInt64 = 1, longest: Int = 9) -> [TrainingExample] {
  var numbers = SplitMix64(seed: seed)
  return (0..<count).map { index in
    let length = Int.random(in: 3...longest, using: &numbers)
    let ids = (0..<length).map { _ in Int32.random(in: 0..<11, using: &numbers) }
    return TrainingExample(
      line: index + 1, id: "\(index)", ids: ids,
      roles: (0..<length).map { $0 < length / 2 ? .user : .assistant },
      carriesLoss: (0..<length).map { $0 >= length / 2 })
  }
}

extension ContrastiveSet {
  /// Pairs that share their prompts.
  static func toy(_ count: Int, seed: UInt64 = 7) -> ContrastiveSet {
    var numbers = SplitMix64(seed: seed)
    return ContrastiveSet(
      pairs: (0..<count).map { index in
        let prompt = (0..<3).map { _ in Int32.random(in: 0..<11, using: &numbers) }
        func answered() -> TrainingExample {
          let length = Int.random(in: 1...4, using: &numbers)
          let answer = (0..<length).map { _ in Int32.random(in: 0..<11, using: &numbers) }
          return TrainingExample(
            line: index + 1, id: "\(index)", ids: prompt + answer,
            roles: Array(repeating: .user, count: 3)
              + Array(repeating: .assistant, count: length),
            carriesLoss: Array(repeating: false, count: 3)
              + Array(repeating: true, count: length))
        }
        return Pair(safeAnswer: answered(), unsafeAnswer: answered())
      })
  }
}
