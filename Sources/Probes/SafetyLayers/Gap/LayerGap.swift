/// How far the vectors of harmful prompts turn away from those of harmless ones, block by block.
///
/// Li et al., "Safety Layers in Aligned Large Language Models", arXiv 2408.17003.
public struct LayerGap: Codable, Sendable, Equatable {
  /// How it was measured.
  public let options: GapOptions
  /// Harmless prompts compared.
  public let harmless: Int
  /// Harmful prompts compared.
  public let harmful: Int
  /// Pairs of counterparts among them, which are exchanged whole.
  public let counterparts: Int
  /// The prompts' places among all labelled prompts, harmless ones first.
  public let places: [Int]
  /// The random pairs, by places in that list.
  public let pairs: PromptPairs
  /// Whether every prompt ends in the same token, so that no gap can come from the embedding.
  public let endsAlike: Bool
  /// The model's curves and what they show.
  public let curves: GapCurves
  /// The gap with the roles of the classes exchanged: harmful prompts among themselves in place of harmless ones.
  public let swapped: [Estimate]
  /// The gap of the harmless prompts in both roles.
  public let oneSet: [Estimate]
  /// The same prompts in another model, where one was given.
  public let control: GapCurves?
  /// The gap less the control's, block by block, in degrees, with bands that hold for all blocks together; nil
  /// without a control of as many blocks.
  public let changes: [Estimate]?
  /// What the rule says where there is nothing to find, where that was asked for.
  public let nullSplits: NullSplits?

  /// The gap of every block, in degrees.
  public var gaps: [Estimate] { curves.blocks.map(\.gap) }
}

/// The curves of one model.
public struct GapCurves: Codable, Sendable, Equatable {
  /// Every block, from the first to the last.
  public let blocks: [BlockGap]
  /// What they show.
  public let finding: GapFinding
}

/// One block's figures, of what leaves it at the last position of the prompts.
public struct BlockGap: Codable, Sendable, Equatable {
  /// Index of the block, from 0.
  public let block: Int
  /// Cosines of pairs of harmless prompts, N-N.
  public let harmless: CosineSummary
  /// Cosines of pairs of a harmless and a harmful one, N-M.
  public let across: CosineSummary
  /// Cosines of pairs of harmful ones, M-M.
  public let harmful: CosineSummary
  /// The mean angle of N-M pairs less that of N-N pairs, in degrees; decisions go by this one.
  public let gap: Estimate
  /// The angle of the mean cosine of N-M pairs less that of N-N pairs, in degrees.
  public let codeGap: Estimate
  /// The gap in units of its standard error.
  public let studentizedGap: Double
}

/// Cosines of some pairs.
public struct CosineSummary: Codable, Sendable, Equatable {
  /// Their mean.
  public let mean: Double
  /// Their standard deviation.
  public let deviation: Double

  init(_ values: [Double]) {
    let mean = values.reduce(0, +) / Double(values.count)
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    self.mean = mean
    deviation = (squares / Double(max(values.count - 1, 1))).squareRoot()
  }
}

/// How often the rule finds a range between random halves of the harmless prompts.
public struct NullSplits: Codable, Sendable, Equatable {
  /// Random halves.
  public let splits: Int
  /// Prompts in both halves.
  public let prompts: Int
  /// Halves between which nothing was found.
  public let notFound: Int
}
