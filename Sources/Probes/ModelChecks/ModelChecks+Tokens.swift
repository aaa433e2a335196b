import Inference
import Kernels

extension ModelChecks {
  /// The score that a probe gives every token of a prompt.
  ///
  /// A probe is fitted at one position; elsewhere its scores are an extrapolation.
  ///
  /// - Parameters:
  ///   - probe: the probe.
  ///   - indices: which prompts.
  /// - Returns: one score for each token, for each prompt.
  /// - Throws: `ProbeError.noSuchPlace` where the model has no such place.
  public func tokenScores(_ probe: FittedProbe, prompts indices: [Int]) throws -> [[Double]] {
    let site = try HookSite(probe.cell, in: decoder.description)
    let width = probe.cell.width
    return try parallelMap(count: indices.count, threads: threads) { index in
      var space = DecoderWorkspace(for: decoder.description)
      let capture = ActivationCapture(sites: [site])
      try decoder.forward(
        TokenBatch([tokens[indices[index]]]),
        hooks: HookTable([capture], for: decoder.description), &space)
      let rows = capture[site]
      return stride(from: 0, to: rows.count, by: width).map {
        probe.probe.score(rows[$0..<$0 + width])
      }
    }
  }

  /// Prompts of both classes to look at, groups in turn.
  public func promptsToShow(perClass count: Int) -> [Int] {
    [1, 0].flatMap { sample(ofClass: $0, count: count, stream: ModelCheckStream.tokenView) }
  }
}
