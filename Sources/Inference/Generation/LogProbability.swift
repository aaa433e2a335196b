import Foundation

/// Natural log of the sum of exponentials, in double precision.
func logSumExp(_ logits: Span<Float>) -> Double {
  var maximum = -Double.infinity
  for index in logits.indices { maximum = max(maximum, Double(logits[index])) }
  var sum = 0.0
  for index in logits.indices { sum += exp(Double(logits[index]) - maximum) }
  return maximum + log(sum)
}

/// Natural log-probability of a token.
func logProbability(of token: Int, in logits: Span<Float>) -> Double {
  Double(logits[token]) - logSumExp(logits)
}
