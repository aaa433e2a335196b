/// How the boundaries of the safety layers are searched for.
public struct SearchOptions: Codable, Sendable, Equatable {
  /// Which way weights are scaled.
  public enum Direction: String, Codable, Sendable, CaseIterable {
    /// By more than 1; layers that matter make for more refusals.
    case up
    /// By less than 1; layers that matter make for fewer.
    case down
  }

  /// The most over-rejection prompts.
  public var prompts: Int
  /// The most tokens of a reply; at least those that the gate of coherence looks at are generated for it.
  public var maxTokens: Int
  /// Which way weights are scaled; nil decides by how many prompts the model refuses as it is.
  public var direction: Direction?
  /// How far the factor moves from 1 at each step.
  public var step: Double
  /// The most steps.
  public var steps: Int
  /// Bounds that a sweep looks at, at least.
  public var window: Int
  /// The standard deviation of a sweep's counts, for `publishedPrompts` of them, at which the factor is kept.
  public var deviation: Double
  /// The share of incoherent replies above which a factor is discarded.
  public var incoherentLimit: Double
  /// Whether the attention's output projection is scaled; the published counts were probably made without.
  public var scalesOutputProjection: Bool
  /// Bootstrap draws behind every interval.
  public var draws: Int

  /// Prompts of the published search, which `deviation` refers to.
  public static let publishedPrompts = 721
  /// A model that refuses more than this share as it is has little room upwards.
  public static let largeShare = 0.5
  /// Shorter replies are not judged for coherence.
  public static let tokensJudged = 12

  /// The settings of the paper, and ours where it has none.
  public init(
    prompts: Int = 120, maxTokens: Int = 12, direction: Direction? = nil, step: Double = 0.05,
    steps: Int = 10, window: Int = 5, deviation: Double = 15, incoherentLimit: Double = 0.05,
    scalesOutputProjection: Bool = true, draws: Int = 1000
  ) {
    precondition(
      prompts > 0 && maxTokens > 0 && step > 0 && step * Double(steps) < 1 && steps > 0
        && window > 1 && deviation > 0 && draws > 0,
      "\(prompts) prompts, \(maxTokens) tokens, \(steps) steps of \(step), windows of \(window)")
    self.prompts = prompts
    self.maxTokens = maxTokens
    self.direction = direction
    self.step = step
    self.steps = steps
    self.window = window
    self.deviation = deviation
    self.incoherentLimit = incoherentLimit
    self.scalesOutputProjection = scalesOutputProjection
    self.draws = draws
  }
}
