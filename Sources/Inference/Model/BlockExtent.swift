/// How much of a block is computed, each including what comes before it.
///
/// What nobody looks at and nothing later depends on is left out, mostly in the last block.
enum BlockExtent: Int, Comparable, Sendable {
  /// The norm before attention.
  case entry
  /// Keys and values, for rows that others attend to.
  case keysAndValues
  /// Queries too.
  case projections
  /// All but the MLP.
  case attention
  /// All but the MLP's output projection.
  case hidden
  /// The whole block.
  case whole

  static func < (left: BlockExtent, right: BlockExtent) -> Bool { left.rawValue < right.rawValue }
}

extension SiteKind {
  /// How much of a block must be computed for the site to be there; nil for a site outside the blocks.
  var extent: BlockExtent? {
    switch self {
    case .embed, .lnFinalNormalized, .lnFinalOut, .logits: nil
    case .residPre, .ln1Normalized, .ln1Out: .entry
    case .query, .key, .value, .rotatedQuery, .rotatedKey: .projections
    case .attentionScores, .pattern, .headOutput, .attentionOut, .residMid: .attention
    case .ln2Normalized, .ln2Out, .mlpPre, .mlpPreLinear, .mlpPost, .mlpOut, .residPost: .whole
    }
  }
}
