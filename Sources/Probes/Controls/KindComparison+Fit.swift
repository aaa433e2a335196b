import Kernels

extension KindComparison {
  /// Fits every other kind at the reference cell, with the folds of the analysis.
  static func all(
    _ context: ControlContext, _ features: SharedMatrix, cells: [ProbeCell]
  ) throws -> [KindComparison] {
    [
      KindComparison(kind: .mlp, figures: try context.mlp(features)),
      KindComparison(kind: .attention, figures: try context.attention(cells: cells)),
      KindComparison(kind: .ccs, figures: try context.contrastConsistency(features)),
    ]
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
  private func crossFitted(
    _ scores: @Sendable (_ rows: [Int], _ keptAside: [Int]) throws -> [Double]
  ) throws -> [Double] {
    let folds = judge.plan.folds
    let found = try parallelMap(count: folds.count, threads: threads) { fold in
      let aside = (fold + 1) % folds.count
      return try scores(folds.rows(outside: fold, aside), folds.rows(in: aside))
    }
    return folds.indices.enumerated().map { row, fold in found[fold][row] }
  }

  fileprivate func mlp(_ features: SharedMatrix) throws -> Check<TwinFigures> {
    let labels = judge.plan.labels
    let options = GradientOptions(seed: seed)
    let scores = try crossFitted { rows, keptAside in
      MLPProbe(
        features.values, rows: rows, keptAside: keptAside, labels: labels, options: options
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
    let vectors = try places.map { try self.features($0) }
    let (count, width) = (prompts.count, reference.cell.width)
    var values = DoubleMatrix(rows: count * places.count, columns: width)
    for prompt in 0..<count {
      for place in places.indices {
        var row = values.mutableRow(prompt * places.count + place)
        for column in 0..<width { row[column] = Double(vectors[place][prompt * width + column]) }
      }
    }
    let rows = SharedPositions(
      PositionedRows(
        values,
        prompts: (0..<count).map { $0 * places.count..<($0 + 1) * places.count }))
    let labels = judge.plan.labels
    let options = GradientOptions(seed: seed)
    let name = "attention at \(reference.cell.site)"
    let scores = try crossFitted { prompts, keptAside in
      do throws(LogisticTraining.NotConverged) {
        return try AttentionProbe(
          rows.values, prompts: prompts, keptAside: keptAside, labels: labels, options: options
        ).scores(rows.values)
      } catch {
        throw ProbeError(error, cell: name)
      }
    }
    let twin = try judge.plan.logistic(
      rows.values.means(), isScaled: true, name: "mean of \(reference.cell.site)")
    return TwinFigures.check(scores, twin: twin.outOfFold, judge: judge)
  }

  /// Contrast-consistent search over pairs; its twin is the difference of the two prompts' scores.
  fileprivate func contrastConsistency(_ features: SharedMatrix) throws -> Check<TwinFigures> {
    let pairs = ContrastPairs(prompts)
    guard pairs.rows.count > judge.plan.folds.count else { return .notRun(.needsPairs) }
    let sides = [0, 1].map { side in
      SharedMatrix(features.values.rows(pairs.rows.map { $0[side] }))
    }
    var fitting = ContrastOptions()
    fitting.fitting.seed = seed
    let options = fitting
    let folds = Folds(indices: pairs.rows.map { judge.plan.folds.indices[$0[0]] })
    let scores = try parallelMap(count: folds.count, threads: threads) { fold in
      ContrastProbe(
        first: sides[0].values, second: sides[1].values, rows: folds.rows(outside: fold),
        labels: pairs.labels, options: options
      ).scores(first: sides[0].values, second: sides[1].values)
    }
    let twin = pairs.rows.map {
      reference.fit.outOfFold[$0[0]] - reference.fit.outOfFold[$0[1]]
    }
    let pairJudge = ProbeJudge(
      plan: CrossFitPlan(labels: pairs.labels, folds: folds, penalties: []),
      bootstrap: ClusterBootstrap(
        clusters: Clusters(indices: pairs.rows.map { clusters.indices[$0[0]] }),
        draws: judge.bootstrap.draws, seed: seed))
    return TwinFigures.check(
      folds.indices.enumerated().map { scores[$1][$0] }, twin: twin, judge: pairJudge)
  }
}

/// Vectors of several positions, for several threads to read.
private final class SharedPositions: Sendable {
  let values: PositionedRows

  init(_ values: consuming PositionedRows) {
    self.values = values
  }
}
