import Foundation
package import Inference

/// What each stream of random numbers is for; the numbers are part of every result.
package enum RandomStream: UInt64, Sendable {
  case folds = 1
  case bootstrap = 2
  case permutations = 3
  case randomDirections = 4
  case controlLabels = 5
  case splitGroups = 6
  case contrastPairs = 7
  case perceptron = 21
  case attention = 22
  case contrastConsistency = 23
  case outcomeFolds = 24
  case replies = 401
  case interventions = 402
  case interventionDirections = 403
  case tokenView = 405
  case promptParts = 501
  case gapPrompts = 502
  case gapPairs = 503
  case gapPermutations = 504
  case overRejection = 505
  case directionPrompts = 511
  case directionNulls = 512
  case directionHalves = 513
  case steeringPrompts = 515
  case attributionPrompts = 516
  case patchPairs = 517
  case patchSwaps = 518
  case rankPrompts = 521
  case rankRedraws = 522
  case rankMoves = 523
  case landscapePrompts = 531
  case landscapeReplies = 532
  case landscapeDirections = 533
  case weightPrompts = 541
  case modulePrompts = 551
  case moduleDraws = 552
  case driftPrompts = 561
  case driftReplies = 562
  case driftResamples = 563
  case controlAdapter = 701
  case singularStart = 702
  case auditSamples = 703
}

extension SeededGenerator {
  /// The stream of a purpose.
  package init(seed: UInt64, stream: RandomStream) {
    self.init(seed: seed, stream: stream.rawValue)
  }

  /// A normally distributed number.
  package mutating func normal() -> Double {
    // 53 bits, above 0 and at most 1, so that the logarithm is finite.
    let uniform = Double((next() >> 11) + 1) / 9_007_199_254_740_992
    let angle = Double(next() >> 11) / 9_007_199_254_740_992
    return (-2 * log(uniform)).squareRoot() * cos(2 * .pi * angle)
  }
}
