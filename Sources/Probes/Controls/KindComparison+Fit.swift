import Kernels

extension KindComparison {
  /// Fits every other kind at the reference cell, with the folds of the analysis.
  static func all(
    _ context: ControlContext, _ features: SharedMatrix, cells: [ProbeCell]
  ) throws -> [KindComparison] {
    try parallelMap(count: Kind.allCases.count, threads: context.threads) { index in
      let kind = Kind.allCases[index]
      let figures =
        switch kind {
        case .mlp: try context.mlp(features)
        case .attention: try context.attention(cells: cells)
        case .ccs: try context.contrastConsistency(features)
        }
      return KindComparison(kind: kind, figures: figures)
    }
  }
}

extension TwinFigures {
  fileprivate static func check(
    _ scores: [Double], twin: [Double], judge: ProbeJudge
  ) -> Check<TwinFigures> {
    let (own, other) = (judge.areas(scores), judge.areas(twin))
    guard let auroc = own.estimate, let base = other.estimate, let gain = own.gain(over: other)
    else { return .notRun(.needsBothClasses) }
    return .done(TwinFigures(auroc: auroc, twin: base, gain: gain))
  }
}

extension ControlContext {
  /// Scores of every row by a fit on all folds but its own and one that is kept aside to end by.
  private func outOfFold<Failure: Error>(
    _ scores: (_ rows: [Int], _ keptAside: [Int]) throws(Failure) -> [Double]
  ) throws(Failure) -> [Double] {
    let folds = judge.plan.folds
    var result = [Double](repeating: 0, count: folds.indices.count)
    for fold in 0..<folds.count {
      let aside = (fold + 1) % folds.count
      let found = try scores(folds.rows(outside: fold, aside), folds.rows(in: aside))
      for row in folds.rows(in: fold) { result[row] = found[row] }
    }
    return result
  }

  fileprivate func mlp(_ features: SharedMatrix) throws -> Check<TwinFigures> {
    let scores = outOfFold { (rows, keptAside) throws(Never) in
      MLPProbe(
        features.values, rows: rows, keptAside: keptAside, labels: judge.plan.labels,
        options: GradientOptions(seed: seed)
      ).scores(features.values)
    }
    return TwinFigures.check(scores, twin: reference.fit.outOfFold, judge: judge)
  }

  /// Learned pooling over every position captured at the reference cell's site and layer; its twin is
  /// logistic regression on their mean.
  fileprivate func attention(cells: [ProbeCell]) throws -> Check<TwinFigures> {
    let places = cells.filter {
      ($0.site, $0.layer) == (reference.cell.site, reference.cell.layer) && !$0.isPooled
    }
    guard places.count > 1 else { return .notRun(.needsPositions) }
    let rows = try positionedRows(places)
    let plan = judge.plan
    let name = "attention at \(reference.cell.site)"
    let scores: [Double]
    do throws(LogisticNotConverged) {
      scores = try outOfFold { (prompts, keptAside) throws(LogisticNotConverged) in
        try AttentionProbe(
          rows, prompts: prompts, keptAside: keptAside, labels: plan.labels,
          options: GradientOptions(seed: seed)
        ).scores(rows)
      }
    } catch {
      throw ProbeError(error, cell: name)
    }
    let twin = try plan.logistic(rows.means(), isScaled: true, name: name)
    return TwinFigures.check(scores, twin: twin.outOfFold, judge: judge)
  }

  /// The vectors of several places, one prompt after the other.
  private func positionedRows(_ places: [ProbeCell]) throws -> PositionedRows {
    let vectors = try places.map { try features($0) }
    let (count, width) = (prompts.count, reference.cell.width)
    var values = DoubleMatrix(rows: count * places.count, columns: width)
    for prompt in 0..<count {
      for place in places.indices {
        var row = values.mutableRow(prompt * places.count + place)
        for column in 0..<width { row[column] = Double(vectors[place][prompt * width + column]) }
      }
    }
    return PositionedRows(
      values, prompts: (0..<count).map { $0 * places.count..<($0 + 1) * places.count })
  }

  /// Contrast-consistent search over pairs; its twin is the difference of the two prompts' scores.
  fileprivate func contrastConsistency(_ features: SharedMatrix) throws -> Check<TwinFigures> {
    let pairs = ContrastPairs(prompts, seed: seed)
    let folds = Folds(indices: pairs.rows.map { judge.plan.folds.indices[$0[0]] })
    let isEnough = (0..<judge.plan.folds.count).allSatisfy { fold in
      Set(folds.rows(outside: fold).map { pairs.labels[$0] }).count == 2
    }
    guard isEnough else { return .notRun(.needsPairs) }
    var options = ContrastOptions()
    options.fitting.seed = seed
    let first = features.values.rows(pairs.rows.map { $0[0] })
    let second = features.values.rows(pairs.rows.map { $0[1] })
    var scores = [Double](repeating: 0, count: pairs.rows.count)
    for fold in 0..<folds.count {
      let found = ContrastProbe(
        first: first, second: second, rows: folds.rows(outside: fold), labels: pairs.labels,
        options: options
      ).scores(first: first, second: second)
      for pair in folds.rows(in: fold) { scores[pair] = found[pair] }
    }
    let twin = pairs.rows.map {
      reference.fit.outOfFold[$0[0]] - reference.fit.outOfFold[$0[1]]
    }
    let pairJudge = ProbeJudge(
      plan: CrossFitPlan(labels: pairs.labels, folds: folds, penalties: []),
      bootstrap: ClusterBootstrap(
        clusters: Clusters(indices: pairs.rows.map { clusters.indices[$0[0]] }),
        draws: judge.bootstrap.draws, seed: seed))
    return TwinFigures.check(scores, twin: twin, judge: pairJudge)
  }
}
