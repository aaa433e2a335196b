public import ModelFiles
import Tokenization

/// Where a probe reads: one site, one layer, one position.
public struct ProbeCell: Hashable, Codable, Sendable {
  /// Name of the site, such as `resid_post`.
  public let site: String
  /// Index of the block, from 0; nil for sites that belong to no block.
  public let layer: Int?
  /// Name of the position in the prompt, such as `last`.
  public let position: String
  /// Length of the vectors found there.
  public let width: Int

  /// Describes one place to probe.
  public init(site: String, layer: Int?, position: String, width: Int) {
    self.site = site
    self.layer = layer
    self.position = position
    self.width = width
  }

  /// Whether it is a mean over positions.
  var isPooled: Bool { position == PositionSelector.mean.description }

  /// The name used in files and tables, such as `resid_post.layer_05.last`.
  public var name: String {
    guard let layer else { return "\(site).\(position)" }
    let digits = String(layer)
    return "\(site).layer_\(digits.count < 2 ? "0" : "")\(digits).\(position)"
  }
}

/// One prompt as the analysis sees it: its class, and what decides which prompts belong together.
public struct ProbePrompt: Sendable {
  /// 1 for the class that is looked for, 0 for the other.
  public let label: Int
  /// Topic, template or source; prompts of one group are never on both sides of a split.
  public let group: ByteString?
  /// Names the prompt's counterpart of the other class; the two are never split either.
  public let pair: ByteString?
  /// Digest of the text; equal texts are never split.
  public let textDigest: ByteString?
  /// Where the prompt was taken from; labels are never exchanged between sources.
  public let source: ByteString?
  /// Token ids of the user's own text, without the template's.
  public let userTokens: [Int32]
  /// The prompt as the template rendered it, where the store has it.
  public let text: String?

  /// Describes one labelled prompt.
  public init(
    label: Int, group: ByteString? = nil, pair: ByteString? = nil, textDigest: ByteString? = nil,
    source: ByteString? = nil, userTokens: [Int32] = [], text: String? = nil
  ) {
    precondition(label == 0 || label == 1, "label \(label) is neither 0 nor 1")
    self.label = label
    self.group = group
    self.pair = pair
    self.textDigest = textDigest
    self.source = source
    self.userTokens = userTokens
    self.text = text
  }
}

/// What the probes are fitted on: labelled prompts, and for every cell one vector per prompt.
///
/// Nothing here knows a store: tests pass arrays, the command passes a reader.
public struct ProbeDataset: Sendable {
  /// The labelled prompts, in the order of the rows that `features` returns.
  public let prompts: [ProbePrompt]
  /// Every place to probe, in the order ties are broken: site, layer, position.
  public let cells: [ProbeCell]
  /// Reads one cell: `[prompt, width]`, row by row.
  ///
  /// Called by one thread at a time.
  public let features: @Sendable (ProbeCell) throws -> [Float]

  /// Binds prompts to the vectors captured for them.
  public init(
    prompts: [ProbePrompt], cells: [ProbeCell],
    features: @escaping @Sendable (ProbeCell) throws -> [Float]
  ) {
    self.prompts = prompts
    self.cells = cells
    self.features = features
  }
  /// Some of the prompts, in their order.
  func keeping(_ rows: [Int]) -> ProbeDataset {
    if rows.count == prompts.count { return self }
    return ProbeDataset(prompts: rows.map { prompts[$0] }, cells: cells) {
      [features, count = prompts.count] cell in
      try features(cell).keeping(rows, of: count)
    }
  }
}

extension [Float] {
  /// Some rows of a matrix of so many.
  func keeping(_ rows: [Int], of count: Int) -> [Float] {
    let width = self.count / count
    return rows.flatMap { self[$0 * width..<($0 + 1) * width] }
  }
}
