import Foundation
package import Inference

/// How far a model is from preferring safe answers to unsafe ones; small where it does.
public struct ContrastiveLoss: Sendable, Equatable {
  /// The forms of the loss, of the answers' log-probabilities s⁺ and s⁻.
  public enum Form: String, Sendable, CaseIterable, Codable {
    /// softplus(−(s⁺ − s⁻) / T).
    case logistic
    /// −(s⁺ − s⁻).
    case difference
  }

  /// The form.
  public var form: Form
  /// T of the logistic form.
  public var temperature: Double
  /// Whether log-probabilities are divided by the answer's length; sums of long answers saturate the
  /// logistic form, whose gradient is then zero.
  public var normalizesLength: Bool

  /// Describes a loss.
  public init(
    _ form: Form = .logistic, temperature: Double = 1, normalizesLength: Bool = true
  ) {
    precondition(temperature > 0, "a temperature of \(temperature)")
    self.form = form
    self.temperature = temperature
    self.normalizesLength = normalizesLength
  }

  /// Stacks pairs: sequence 2i is the safe answer of pair i, the next one its unsafe answer.
  package static func batch(_ pairs: [ContrastiveSet.Pair]) -> LossBatch {
    LossBatch(pairs.flatMap { [$0.safeAnswer, $0.unsafeAnswer] })
  }

  /// The mean over the pairs of a batch, as an objective of its targets' losses.
  package func objective(for batch: LossBatch) -> LossObjective {
    let sequences = batch.targets.map(\.sequence)
    var lengths = Array(repeating: 0, count: batch.batch.sequences.count)
    for sequence in sequences { lengths[sequence] += 1 }
    let weights = lengths.map { normalizesLength ? 1 / Double(max(1, $0)) : 1 }
    let pairCount = Double(lengths.count / 2)
    return { losses in
      var answers = Array(repeating: 0.0, count: lengths.count)
      for (loss, sequence) in zip(losses, sequences) {
        answers[sequence] += loss * weights[sequence]
      }
      var total = 0.0
      var slopes = answers
      for safe in stride(from: 0, to: answers.count, by: 2) {
        let (value, slope) = term(answers[safe] - answers[safe + 1])
        total += value / pairCount
        slopes[safe] = slope / pairCount
        slopes[safe + 1] = -slope / pairCount
      }
      return (total, sequences.map { Float(slopes[$0] * weights[$0]) })
    }
  }

  /// The loss of a pair and its derivative, by s⁻ − s⁺.
  private func term(_ gap: Double) -> (value: Double, slope: Double) {
    switch form {
    case .difference: return (gap, 1)
    case .logistic:
      let scaled = gap / temperature
      let tail = exp(-abs(scaled))
      let slope = (scaled >= 0 ? 1 : tail) / (1 + tail)
      return (max(scaled, 0) + log1p(tail), slope / temperature)
    }
  }
}
