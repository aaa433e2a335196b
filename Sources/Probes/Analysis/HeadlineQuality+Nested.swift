import Kernels

extension HeadlineQuality {
  /// Rates of false positives that thresholds are set for.
  static let targets = [0.01, 0.05]

  /// Judges chances and decisions of a nested choice.
  ///
  /// - Parameters:
  ///   - nested: the choice and its scores.
  ///   - judge: labels, folds and bootstrap.
  ///   - features: reads a cell's vectors.
  /// - Throws: `ProbeError`, or what reading throws.
  init?(
    _ nested: NestedChoice, judge: ProbeJudge,
    features: (ProbeCell) throws -> [Float]
  ) throws {
    let (labels, folds) = (judge.plan.labels, judge.plan.folds)
    var logOdds = [Double](repeating: 0, count: labels.count)
    var decisions = [[Bool]](
      repeating: [Bool](repeating: false, count: labels.count), count: Self.targets.count)
    for fold in 0..<folds.count {
      let candidate = nested.candidates[fold]
      let matrix = try DoubleMatrix(
        features(candidate.cell), rows: labels.count, name: candidate.cell.name)
      let inner = try judge.plan.innerScores(matrix, candidate, outer: fold)
      let training = folds.rows(outside: fold)
      let recalibration = Recalibration(
        scores: training.map { inner[$0] }, labels: training.map { labels[$0] })
      let negatives = training.filter { labels[$0] == 0 }.map { inner[$0] }.sorted()
      for row in folds.rows(in: fold) {
        logOdds[row] = recalibration.logOdds(nested.scores[row])
        for (index, target) in Self.targets.enumerated() {
          // The lowest threshold that so few inner negatives pass.
          let passing = Int(target * Double(negatives.count))
          decisions[index][row] = nested.scores[row] > negatives[negatives.count - 1 - passing]
        }
      }
    }
    let ones = [Double](repeating: 1, count: labels.count)
    let indicators = (0...1).map { label in labels.map { $0 == label ? 1.0 : 0 } }
    let bootstrap = judge.bootstrap
    let errors = zip(logOdds, labels).map { logOdds, label in
      let difference = logistic(logOdds) - Double(label)
      return difference * difference
    }
    let losses = zip(logOdds, labels).map { Probes.logLoss(score: $0, label: Double($1)) }
    guard let brier = bootstrap.ratio(errors, over: ones),
      let loss = bootstrap.ratio(losses, over: ones)
    else { return nil }
    self.brier = brier
    logLoss = loss
    operatingPoints = Self.targets.indices.compactMap { index in
      let rates = indicators.map { indicator in
        bootstrap.ratio(
          zip(indicator, decisions[index]).map { $1 ? $0 : 0 }, over: indicator)
      }
      guard let falseRate = rates[0], let trueRate = rates[1] else { return nil }
      return OperatingPoint(
        target: Self.targets[index], falsePositiveRate: falseRate, truePositiveRate: trueRate)
    }
    roc = averagedROC(nested.scores, labels: labels, folds: folds)
    calibration = Calibration(logOdds: logOdds, labels: labels)
  }
}
