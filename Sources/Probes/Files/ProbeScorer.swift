public import Inference
import Kernels
public import Tokenization

/// Scores new prompts with a saved probe: runs the model and reads the probe's place.
public final class ProbeScorer {
  private let probe: SavedProbe
  private let decoder: Decoder
  private let site: HookSite
  private let selector: PositionSelector
  private var space: DecoderWorkspace

  /// Prepares to score.
  ///
  /// - Throws: `ProbeError.mismatch` where the model has no such place.
  public init(_ probe: SavedProbe, decoder: Decoder) throws {
    guard let kind = SiteKind(rawValue: probe.cell.site),
      kind.isPerLayer == (probe.cell.layer != nil),
      probe.cell.layer ?? 0 < decoder.description.layerCount
    else {
      throw ProbeError.noSuchPlace(path: probe.path, cell: probe.cell.name)
    }
    self.probe = probe
    self.decoder = decoder
    site = HookSite(kind, layer: probe.cell.layer)
    selector = try PositionSelector(probe.cell.position)
    space = DecoderWorkspace(for: decoder.description)
  }

  /// The score of one prompt; above 0 decides for class 1.
  public func score(_ prompt: TokenizedPrompt) throws -> Double {
    guard prompt.ids.count <= decoder.description.contextLength else {
      throw InferenceError.contextTooShort(
        prompt: "The prompt", tokens: prompt.ids.count, wanted: 0,
        contextLength: decoder.description.contextLength)
    }
    let batch = TokenBatch([prompt])
    let positions = try selector.positions(in: prompt)
    let capture = ActivationCapture(sites: [site], rows: positions)
    try decoder.forward(batch, hooks: HookTable([capture], for: decoder.description), &space)
    let rows = capture[site]
    let width = probe.cell.width
    let place = ProbeCell(
      site: probe.cell.site, layer: probe.cell.layer, position: probe.cell.position,
      width: rows.count / positions.count)
    // A pooled position is the mean over its rows; any other is a single row.
    let mean = (0..<width).map { column in
      Float(
        (0..<positions.count).reduce(0.0) { $0 + Double(rows[$1 * width + column]) }
          / Double(positions.count))
    }
    return try probe.scores(mean, capturedAt: place)[0]
  }
}
