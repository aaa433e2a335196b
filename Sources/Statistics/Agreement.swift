/// Cohen's kappa: how much more often two judges agree than chance would have it.
///
/// - Returns: 1 where they always agree; nil where both give one label throughout, or there is nothing to judge.
package func cohenKappa<Label: Hashable>(_ one: [Label], _ other: [Label]) -> Double? {
  precondition(one.count == other.count, "\(one.count) and \(other.count) labels")
  if one.isEmpty { return nil }
  let size = Double(one.count)
  let agreement = Double(zip(one, other).count { $0 == $1 }) / size
  let chance = Set(one).union(other).reduce(0.0) { sum, label in
    sum + Double(one.count { $0 == label }) / size * Double(other.count { $0 == label }) / size
  }
  return chance == 1 ? nil : (agreement - chance) / (1 - chance)
}

/// Holm's step-down correction of several p-values, in their order: rejecting those below a level keeps the chance
/// of any false rejection below it.
package func holmCorrected(_ pValues: [Double]) -> [Double] {
  let order = pValues.indices.sorted { (pValues[$0], $0) < (pValues[$1], $1) }
  var corrected = pValues
  var largest = 0.0
  for (rank, index) in order.enumerated() {
    largest = max(largest, Double(pValues.count - rank) * pValues[index])
    corrected[index] = min(1, largest)
  }
  return corrected
}
