public import Inference

/// Which contiguous blocks, scaled, change most how many harmless prompts a model refuses.
///
/// Li et al., "Safety Layers in Aligned Large Language Models", arXiv 2408.17003.
public struct LayerSearch: Codable, Sendable, Equatable {
  /// How it was searched.
  public let options: SearchOptions
  /// Over-rejection prompts: harmless ones that sound risky.
  public let prompts: Int
  /// Clusters of them that share a group, a pair or their text: the unit of the intervals.
  public let groups: Int
  /// Digest of the file they are from.
  public let promptsDigest: String
  /// The list of beginnings that told refusals, with its version.
  public let rules: String
  /// The list's digest.
  public let rulesDigest: String
  /// Where the search began.
  public let initial: InitialRange
  /// Projections whose scaling a norm behind them undoes, so that what leaves the norm was scaled in their place.
  public let scaledBehindNorm: [String]
  /// The model as it is.
  public let baseline: SweepCount
  /// Its share of refusals.
  public let baselineShare: Estimate
  /// Which way weights were scaled.
  public let direction: SearchOptions.Direction
  /// The standard deviation that a sweep's counts had to reach.
  public let threshold: Double
  /// The factors that were tried.
  public let steps: [AlphaStep]
  /// The factor that was taken; nil where none is coherent and makes a difference.
  public let alpha: Double?
  /// Whether its counts differ as much as asked for; otherwise it is the one whose counts differ most.
  public let reachedThreshold: Bool
  /// The last block moved.
  public let upper: BoundarySweep?
  /// The first block moved, the last one chosen.
  public let lower: BoundarySweep?
  /// The safety layers; nil where nothing was found.
  public let range: LayerRange?
  /// The counts of that range, replies judged whole.
  public let final: SweepCount?
  /// How much that range changes the share of refusals, on the same prompts.
  public let change: Estimate?
}

/// Where a search began.
public struct InitialRange: Codable, Sendable, Equatable {
  /// What it was taken from.
  public enum Source: String, Codable, Sendable {
    /// The angle gap.
    case gap
    /// The caller.
    case given
    /// A fifth to two fifths of the depth, where the gap showed nothing.
    case suggested
  }

  /// The blocks.
  public let range: LayerRange
  /// What it was taken from.
  public let source: Source

  /// Names a range.
  public init(_ range: LayerRange, _ source: Source) {
    self.range = range
    self.source = source
  }

  /// The range of a gap, or the usual place where it shows none.
  public init(_ gap: LayerGap) {
    if let range = gap.curves.finding.range {
      self.init(range, .gap)
    } else {
      let depth = gap.curves.blocks.count
      self.init(LayerRange(first: depth / 5, last: max(depth / 5, 2 * depth / 5)), .suggested)
    }
  }
}

/// One factor that was tried.
public struct AlphaStep: Codable, Sendable, Equatable {
  /// What weights were multiplied by.
  public let alpha: Double
  /// Counts with the last block moved over the first window.
  public let counts: [SweepCount]
  /// Their sample standard deviation.
  public let deviation: Double
  /// The share of incoherent replies with the widest of the ranges scaled.
  public let incoherentShare: Double
}
