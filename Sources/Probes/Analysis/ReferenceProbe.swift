import Kernels

/// The place that controls are about, and its logistic probe.
struct ReferenceProbe: Sendable {
  let cell: ProbeCell
  /// The cross-fitted logistic probe there.
  let fit: CrossFit
  /// Its penalty over all rows.
  let penalty: Double

  /// Takes the place that a nested choice made most often; of equals that with the larger inner area.
  ///
  /// Without a choice, the place with the largest mean inner area.
  init?(_ choice: NestedChoice?, among candidates: [Candidate]) {
    let logistic = candidates.filter { $0.kind == .logistic }
    func mean(_ candidate: Candidate) -> Double {
      let areas = candidate.fit.inner.compactMap { $0 }
      return areas.isEmpty ? 0 : areas.reduce(0, +) / Double(areas.count)
    }
    var votes: [String: Int] = [:]
    for chosen in choice?.candidates ?? [] { votes[chosen.cell.name, default: 0] += 1 }
    var best: (candidate: Candidate, rank: (Int, Double))?
    for candidate in logistic {
      let rank = (votes[candidate.cell.name] ?? 0, mean(candidate))
      if let best, rank <= best.rank { continue }
      best = (candidate, rank)
    }
    guard let best, let penalty = best.candidate.fit.finalPenalty else { return nil }
    cell = best.candidate.cell
    fit = best.candidate.fit
    self.penalty = penalty
  }

  /// The probe of each fold, fitted without it at the penalty chosen for it.
  func heldOutProbes(
    _ features: borrowing DoubleMatrix, _ plan: CrossFitPlan
  ) throws(ProbeError) -> [LinearProbe] {
    var probes: [LinearProbe] = []
    for fold in 0..<plan.folds.count {
      probes.append(
        try plan.logisticProbe(
          features, rows: plan.folds.rows(outside: fold), penalty: fit.penalties[fold],
          name: cell.name))
    }
    return probes
  }
}
