public import Inference

/// How many prompts are refused while some blocks are scaled.
public struct SweepCount: Codable, Sendable, Equatable {
  /// The blocks.
  public let range: LayerRange
  /// What their weights are multiplied by.
  public let alpha: Double
  /// For each prompt `1` where it is refused and `0` where it is not, in order.
  public let verdicts: String
  /// Incoherent replies; nil where replies were cut as soon as they were decided.
  public let incoherent: Int?
  /// Refusals by the general list of phrases, anywhere in the reply; nil where replies were cut.
  public let generalRefusals: Int?

  /// Counts.
  public init(
    range: LayerRange, alpha: Double, verdicts: String, incoherent: Int? = nil,
    generalRefusals: Int? = nil
  ) {
    self.range = range
    self.alpha = alpha
    self.verdicts = verdicts
    self.incoherent = incoherent
    self.generalRefusals = generalRefusals
  }

  /// Prompts that were refused.
  public var refusals: Int { verdicts.utf8.count { $0 == Self.refused } }
  /// Prompts.
  public var prompts: Int { verdicts.utf8.count }

  /// 1 where a prompt is refused, 0 where it is not.
  var indicators: [Double] { verdicts.utf8.map { $0 == Self.refused ? 1 : 0 } }

  private static let refused = UInt8(ascii: "1")
}
