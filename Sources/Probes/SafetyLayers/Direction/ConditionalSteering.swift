/// Steering that a gate turns one way or the other, as an intervention to measure with.
///
/// SCANS (Cao et al., arXiv 2408.11491): prompts that the gate takes for harmful are steered towards refusal,
/// others away from it, from the end of the instruction on.
public struct ConditionalSteering: Codable, Sendable, Equatable {
  /// How it was measured.
  public let options: SteeringMeasure
  /// Prompts of class 1 that vectors were made of.
  public let anchorPositives: Int
  /// Prompts of class 0 that vectors were made of.
  public let anchorNegatives: Int
  /// The first and the last layer that the gate looks at.
  public let gateLayers: [Int]
  /// The first and the last layer that are steered.
  public let steeredLayers: [Int]
  /// The token of consent that the gate appends.
  public let consent: Int32
  /// The area under the gate's ROC curve on prompts that took no part; nil where a class is missing.
  public let gateAUROC: Estimate?
  /// The score from which a prompt is taken for harmful.
  public let threshold: Double
  /// The share of harmless prompts that took no part which are taken for harmful.
  public let falseAlarms: Double
  /// The share of harmful prompts that took no part which are taken for harmful.
  public let found: Double
  /// What steering does, by strength.
  public let strengths: [SteeredOutcome]
  /// What steering harmless prompts towards refusal does: their refusal must rise.
  public let signTest: SignTest

  /// Fewest prompts of either class.
  public static let leastPerClass = 8
}

/// How conditional steering is measured.
public struct SteeringMeasure: Codable, Sendable, Equatable {
  /// The most prompts of either class that vectors are made of.
  public var anchorsPerClass: Int
  /// The most prompts of either class that steering is measured on.
  public var testPerClass: Int
  /// The share of harmless prompts that the gate may take for harmful, by which its threshold is set.
  public var falseAlarms: Double
  /// How far each steered layer is moved, in median norms of its stream.
  public var strengths: [Double]
  /// Harmless prompts whose replies show what steering does to answers.
  public var repliedPrompts: Int
  /// The most tokens of such a reply.
  public var replyTokens: Int
  /// Bootstrap draws behind every interval.
  public var draws: Int

  /// The settings that reports are compared at.
  public init(
    anchorsPerClass: Int = 64, testPerClass: Int = 32, falseAlarms: Double = 0.05,
    strengths: [Double] = [0.02, 0.05, 0.1], repliedPrompts: Int = 12, replyTokens: Int = 16,
    draws: Int = 2000
  ) {
    precondition(
      anchorsPerClass > 0 && testPerClass > 0 && !strengths.isEmpty && draws > 0,
      "\(anchorsPerClass) anchors, \(testPerClass) prompts, \(strengths.count) strengths")
    self.anchorsPerClass = anchorsPerClass
    self.testPerClass = testPerClass
    self.falseAlarms = falseAlarms
    self.strengths = strengths
    self.repliedPrompts = repliedPrompts
    self.replyTokens = replyTokens
    self.draws = draws
  }

  /// Layers that the gate looks at, from about a third of the depth on.
  func gateLayers(of layerCount: Int) -> Range<Int> { 10 * layerCount / 32..<layerCount }

  /// Layers that are steered, the middle ones.
  func steeredLayers(of layerCount: Int) -> Range<Int> {
    10 * layerCount / 32..<max(20 * layerCount / 32, 10 * layerCount / 32 + 1)
  }
}

/// What conditional steering of one strength does.
public struct SteeredOutcome: Codable, Sendable, Equatable {
  /// The strength, in median norms.
  public let strength: Double
  /// Prompts of class 1.
  public let positives: RefusedCells
  /// Prompts of class 0.
  public let negatives: RefusedCells
  /// What it does to the model's own harmless replies; nil where it replied nothing.
  public let replies: LossChange?
}

/// How many prompts a model would refuse, R being above 0, before and after steering.
public struct RefusedCells: Codable, Sendable, Equatable {
  /// Prompts.
  public let prompts: Int
  /// Refused as the model is.
  public let refusedBefore: Int
  /// Refused when steered.
  public let refusedAfter: Int
  /// The mean change of R.
  public let change: Estimate
}

/// Steering harmless prompts towards refusal.
public struct SignTest: Codable, Sendable, Equatable {
  /// The strength, in median norms.
  public let strength: Double
  /// Prompts whose R rises.
  public let rising: Int
  /// Prompts.
  public let prompts: Int
  /// The mean change of R.
  public let change: Estimate
  /// How likely so many rises would be if rises and falls were: one-sided, binomial.
  public let chance: Double
}
