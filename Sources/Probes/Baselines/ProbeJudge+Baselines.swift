import Kernels

/// All baselines, and what gains are measured against.
struct JudgedBaselines: Sendable {
  let results: [BaselineResult]
  /// The one with the largest area.
  let best: Baseline
  /// Its out-of-fold scores.
  let bestScores: [Double]
  /// Its areas.
  let areas: DrawnFigure
}

extension ProbeJudge {
  /// Fits and judges every baseline.
  ///
  /// - Parameters:
  ///   - prompts: the labelled prompts.
  ///   - embeddings: mean token embeddings, `[prompt, width]`; nil without a model.
  ///   - threads: how many baselines are fitted at a time.
  /// - Returns: all of them, run or not, and the best.
  /// - Throws: `ProbeError` where a fit does not converge.
  func baselines(
    _ prompts: [ProbePrompt], embeddings: [Float]?, threads: Int
  ) throws -> JudgedBaselines {
    let judged = try parallelMap(count: Baseline.allCases.count, threads: threads) {
      index -> (result: BaselineResult, scores: [Double], areas: DrawnFigure?) in
      let baseline = Baseline.allCases[index]
      if baseline == .prevalence {
        let (figures, areas) = constantFigures()
        let scores = [Double](repeating: 0, count: prompts.count)
        return (BaselineResult(baseline: baseline, figures: .done(figures)), scores, areas)
      }
      switch try fit(baseline, prompts, embeddings: embeddings) {
      case .failure(let reason):
        return (BaselineResult(baseline: baseline, figures: .notRun(reason.reason)), [], nil)
      case .success(let fit):
        let (figures, areas) = figures(
          scores: fit.outOfFold, penalties: fit.penalties, inner: fit.inner, against: nil)
        return (
          BaselineResult(baseline: baseline, figures: .done(figures)), fit.outOfFold, areas
        )
      }
    }
    var best = judged[0]
    for one in judged where one.areas?.value ?? 0 > best.areas?.value ?? 0 { best = one }
    return JudgedBaselines(
      results: judged.map(\.result), best: best.result.baseline, bestScores: best.scores,
      areas: best.areas ?? constantFigures().areas)
  }

  private struct Missing: Error {
    let reason: NotRun
  }

  private func fit(
    _ baseline: Baseline, _ prompts: [ProbePrompt], embeddings: [Float]?
  ) throws(ProbeError) -> Result<CrossFit, Missing> {
    guard prompts.contains(where: { !$0.userTokens.isEmpty }) else {
      return .failure(Missing(reason: .needsTokens))
    }
    func logistic(
      _ features: borrowing DoubleMatrix, isScaled: Bool
    ) throws(ProbeError) -> Result<CrossFit, Missing> {
      .success(try plan.logistic(features, isScaled: isScaled, name: baseline.rawValue))
    }
    switch baseline {
    case .prevalence:
      preconditionFailure("prevalence is not fitted")
    case .length:
      return try logistic(Baseline.lengths(prompts), isScaled: true)
    case .punctuation:
      let texts = prompts.compactMap(\.text)
      guard texts.count == prompts.count else { return .failure(Missing(reason: .needsText)) }
      return try logistic(Baseline.punctuation(texts), isScaled: true)
    case .bagOfTokens:
      return try logistic(Baseline.bags(prompts), isScaled: false)
    case .naiveBayes:
      let bags = Baseline.bags(prompts)
      return .success(
        plan.closedForm(bags) {
          naiveBayesProbe(bags, rows: plan.folds.rows(outside: $0), labels: plan.labels)
        })
    case .embedding:
      guard let embeddings else { return .failure(Missing(reason: .needsModel)) }
      return try logistic(
        DoubleMatrix(embeddings, rows: prompts.count, name: baseline.rawValue), isScaled: true)
    }
  }
}
