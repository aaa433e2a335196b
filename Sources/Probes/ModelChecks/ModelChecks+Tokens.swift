import Inference
import Kernels

extension ModelChecks {
  /// The score of every token of some prompts, each prompt by a probe of its own.
  ///
  /// A probe is fitted at one position; elsewhere its scores are an extrapolation.
  ///
  /// - Parameters:
  ///   - cell: where the probes read.
  ///   - probes: the prompts, by their place, and a probe for each.
  /// - Returns: one score for each token, for each prompt.
  /// - Throws: `ProbeError.noSuchPlace` where the model has no such place.
  public func tokenScores(
    at cell: ProbeCell, _ probes: [(prompt: Int, probe: LinearProbe)]
  ) throws -> [[Double]] {
    let site = try HookSite(cell, in: decoder.description)
    return try parallelMap(count: probes.count, threads: threads) { index in
      var space = DecoderWorkspace(for: decoder.description)
      let capture = ActivationCapture(sites: [site])
      try decoder.forward(
        TokenBatch([tokens[probes[index].prompt]]),
        hooks: HookTable([capture], for: decoder.description), &space)
      let rows = capture[site]
      return stride(from: 0, to: rows.count, by: cell.width).map {
        probes[index].probe.score(rows[$0..<$0 + cell.width])
      }
    }
  }

  /// Prompts of both classes to look at, groups in turn.
  public func promptsToShow(perClass count: Int) -> [Int] {
    [1, 0].flatMap { sample(ofClass: $0, count: count, stream: .tokenView) }
  }
}
