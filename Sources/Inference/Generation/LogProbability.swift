import Foundation

/// Natural log of the sum of exponentials, in double precision.
package func logSumExp(_ logits: Span<Float>) -> Double {
  var maximum = -Double.infinity
  for index in logits.indices { maximum = max(maximum, Double(logits[index])) }
  var sum = 0.0
  for index in logits.indices { sum += exp(Double(logits[index]) - maximum) }
  return maximum + log(sum)
}

/// Natural log-probability of a token.
package func logProbability(of token: Int, in logits: Span<Float>) -> Double {
  Double(logits[token]) - logSumExp(logits)
}

/// The Kullback-Leibler divergence, in nats, of the distribution that logits give from the one that other
/// logits give: Σ p (log p − log q), q being what diverges.
package func divergence(of logits: Span<Float>, from base: Span<Float>) -> Double {
  precondition(logits.count == base.count, "\(logits.count) logits and \(base.count)")
  let normalizer = logSumExp(base)
  let difference = logSumExp(logits) - normalizer
  var sum = 0.0
  for index in base.indices {
    let probability = exp(Double(base[index]) - normalizer)
    sum += probability * (Double(base[index]) - Double(logits[index]) + difference)
  }
  return sum
}
