import Foundation
import Kernels

extension Stability {
  /// Compares the reference probes of the folds, each with the penalty chosen for it.
  init(
    _ features: borrowing DoubleMatrix, reference: ReferenceProbe, plan: CrossFitPlan
  ) throws(ProbeError) {
    let standardization = Standardization(
      features, rows: Array(plan.labels.indices), isScaled: true)
    var weights: [[Double]] = []
    for fold in 0..<plan.folds.count {
      let probe = try plan.logisticProbe(
        features, rows: plan.folds.rows(outside: fold),
        penalty: reference.fit.penalties[fold], name: reference.cell.name)
      weights.append(zip(probe.weights, standardization.scales).map(*))
    }
    var cosines: [Double] = []
    for one in weights.indices {
      for other in weights.indices where other > one {
        cosines.append(cosine(weights[one], weights[other]))
      }
    }
    self.cosines = cosines
    let agreeing = weights[0].indices.count { component in
      weights.allSatisfy { $0[component] > 0 } || weights.allSatisfy { $0[component] < 0 }
    }
    signAgreement = Double(agreeing) / Double(weights[0].count)
  }
}

/// The cosine of the angle between two vectors; 0 where one has no length.
private func cosine(_ one: [Double], _ other: [Double]) -> Double {
  var (product, first, second) = (0.0, 0.0, 0.0)
  for index in one.indices {
    product += one[index] * other[index]
    first += one[index] * one[index]
    second += other[index] * other[index]
  }
  let lengths = (first * second).squareRoot()
  return lengths == 0 ? 0 : product / lengths
}
