/// How well linear probes tell the classes apart behind every layer, beside what the text alone tells.
public struct LayerProbes: Codable, Sendable, Equatable {
  /// Prompts of either class that were drawn, at the most.
  public let promptsPerClass: Int
  /// Counts of the prompts and of what they were split by.
  public let sample: ProbeSample
  /// The predictor that sees the text alone with the largest area, which gains are measured against.
  public let baseline: Baseline
  /// Its area under the ROC curve.
  public let baselineAuroc: Estimate?
  /// Every layer, from the first to the last.
  public let layers: [Layer]

  /// What leaves one block at the last position of the prompt.
  public struct Layer: Codable, Sendable, Equatable {
    /// The block.
    public let layer: Int
    /// Area under the ROC curve of a logistic probe on held-out folds of whole groups.
    public let auroc: Estimate?
    /// The same above that of the baseline, on the same draws.
    public let gain: Estimate?
  }

  /// The gain of every layer; nil where it is not known of all.
  var gains: [Estimate]? {
    let known = layers.compactMap(\.gain)
    return known.count == layers.count && !known.isEmpty ? known : nil
  }
}
