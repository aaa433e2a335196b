import Kernels

/// The kinds of places where a hook can fire, by TransformerLens's words.
///
/// Exact meanings are in each case; shapes are `[token, width]` unless said otherwise.
public enum SiteKind: String, Sendable, CaseIterable, Codable {
  /// Token embedding.
  case embed
  /// Residual stream entering a block.
  case residPre = "resid_pre"
  /// Residual divided by its root mean square, before the learned weight.
  case ln1Normalized = "ln1.normalized"
  /// After the learned weight: input of `q_proj`, `k_proj`, `v_proj`.
  case ln1Out = "ln1.out"
  /// Output of `q_proj` with its bias, before any q-k norm and rotary, `[token, head, d_head]`.
  case query = "attn.q"
  /// The same of `k_proj`, `[token, kv_head, d_head]`.
  case key = "attn.k"
  /// The same of `v_proj`, `[token, kv_head, d_head]`.
  case value = "attn.v"
  /// Queries as they meet keys: after norm and rotary.
  case rotatedQuery = "attn.rot_q"
  /// Keys as they meet queries: after norm and rotary.
  case rotatedKey = "attn.rot_k"
  /// Masked scores before softmax, `[head, query_pos, key_pos]`, one sequence at a time.
  case attentionScores = "attn.attn_scores"
  /// Attention after softmax, `[head, query_pos, key_pos]`, one sequence at a time.
  case pattern = "attn.pattern"
  /// Head outputs, input of `o_proj`, `[token, head, d_head]`.
  case headOutput = "attn.z"
  /// What attention adds to the residual stream.
  case attentionOut = "attn_out"
  /// Residual stream after attention was added.
  case residMid = "resid_mid"
  /// As `ln1.normalized`, before the MLP.
  case ln2Normalized = "ln2.normalized"
  /// As `ln1.out`: input of the MLP.
  case ln2Out = "ln2.out"
  /// Gate projection.
  case mlpPre = "mlp.pre"
  /// Up projection.
  case mlpPreLinear = "mlp.pre_linear"
  /// Input of `down_proj`.
  case mlpPost = "mlp.post"
  /// What the MLP adds to the residual stream.
  case mlpOut = "mlp_out"
  /// Residual stream leaving a block.
  case residPost = "resid_post"
  /// As `ln1.normalized`, after the last block.
  case lnFinalNormalized = "ln_final.normalized"
  /// As `ln1.out`: input of `lm_head`.
  case lnFinalOut = "ln_final.out"
  /// Logits.
  case logits

  /// Whether the kind exists once for each block.
  public var isPerLayer: Bool {
    switch self {
    case .embed, .lnFinalNormalized, .lnFinalOut, .logits: false
    default: true
    }
  }

  /// Whether rows are tokens, so that they can be stored.
  public var isStorable: Bool {
    self != .attentionScores && self != .pattern
  }

  /// Floats in a row; nil for scores and patterns, whose width is the number of keys.
  public func width(in description: DecoderDescription) -> Int? {
    let heads = description.attention
    switch self {
    case .embed, .residPre, .ln1Normalized, .ln1Out, .attentionOut, .residMid, .ln2Normalized,
      .ln2Out,
      .mlpOut, .residPost, .lnFinalNormalized, .lnFinalOut:
      return description.dModel
    case .query, .rotatedQuery, .headOutput: return heads.headCount * heads.dHead
    case .key, .value, .rotatedKey: return heads.keyValueHeadCount * heads.dHead
    case .mlpPre, .mlpPreLinear, .mlpPost: return description.dMLP
    case .logits: return description.vocabularySize
    case .attentionScores, .pattern: return nil
    }
  }
}

/// A place where a hook can fire: a kind and, where the kind has one, a layer.
public struct HookSite: Sendable, Hashable {
  /// The kind of place.
  public let kind: SiteKind
  /// 0-based block index; nil for kinds outside the blocks.
  public let layer: Int?

  /// Names a site; `layer` is given exactly for per-layer kinds.
  public init(_ kind: SiteKind, layer: Int? = nil) {
    precondition(kind.isPerLayer == (layer != nil), "\(kind.rawValue) and layer \(layer ?? -1)")
    self.kind = kind
    self.layer = layer
  }

  /// The canonical name, such as `blocks.3.attn.q` or `ln_final.out`.
  public var name: String {
    layer.map { "blocks.\($0).\(kind.rawValue)" } ?? kind.rawValue
  }

  /// Reads a canonical name; nil where it is none.
  public init?(name: String) {
    if let kind = SiteKind(rawValue: name), !kind.isPerLayer {
      self.init(kind)
      return
    }
    let parts = name.split(separator: ".", maxSplits: 2)
    guard parts.count == 3, parts[0] == "blocks", let layer = Int(parts[1]), layer >= 0,
      let kind = SiteKind(rawValue: String(parts[2])), kind.isPerLayer
    else { return nil }
    self.init(kind, layer: layer)
  }
}
