import Inference
import Kernels

extension ControlContext {
  /// The model's own log-odds as a score that needed no training.
  func refusalRow() throws -> Check<RefusalRow> {
    guard let model = companions.model else { return .notRun(.needsModel) }
    let all = try model.checks.refusalLogOdds(model.opening)
    // Which class refuses more is learned outside each fold.
    let scores = judge.plan.signed(kept.map { all[$0] })
    let (figures, areas) = judge.figures(scores: scores, against: nil)
    let gain = nested.flatMap { judge.areas($0.scores).gain(over: areas) }
    return .done(RefusalRow(figures: figures, gain: gain, opening: model.opening))
  }

  /// The reference probe, cross-fitted on the activations of an untrained model.
  func untrainedTwin() throws -> Check<UntrainedRow> {
    guard let model = companions.model else { return .notRun(.needsModel) }
    let all = try model.checks.untrainedVectors(at: reference.cell, precision: model.precision)
    let vectors = all.keeping(kept, of: all.count / reference.cell.width)
    let name = "untrained \(reference.cell.name)"
    let fit = try judge.plan.logistic(
      DoubleMatrix(vectors, rows: kept.count, name: name), isScaled: true, name: name)
    let (figures, areas) = judge.figures(
      scores: fit.outOfFold, penalties: fit.penalties, inner: fit.inner, against: baselines.areas)
    let gain = nested.flatMap { judge.areas($0.scores).gain(over: areas) }
    return .done(UntrainedRow(figures: figures, gain: gain))
  }

  /// What the reference direction does to the model, beside directions drawn from the same standardised
  /// sphere.
  func causalCheck(_ features: borrowing DoubleMatrix) throws -> Check<CausalCheck> {
    guard let model = companions.model else { return .notRun(.needsModel) }
    let probe = reference.fit.final
    let direction = try Direction(
      probe.weights.map { Float($0) },
      site: HookSite(reference.cell, in: model.checks.decoder.description),
      source: reference.cell.name)
    let scores = probe.scores(features)
    let means = (0...1).map { label in
      let members = scores.indices.filter { judge.plan.labels[$0] == label }
      return members.reduce(0) { $0 + scores[$1] } / Double(members.count)
    }
    // The score is the length of the weights times the place along the unit direction.
    let gap = abs(means[1] - means[0]) / direction.norm
    let standardization = Standardization(
      features, rows: Array(judge.plan.labels.indices), isScaled: true)
    return .done(
      try model.checks.causalCheck(
        direction, model.opening,
        CausalOptions(
          classGap: gap > 0 ? gap : nil,
          componentScales: standardization.scales.map { 1 / $0 },
          draws: judge.bootstrap.draws)))
  }
}
