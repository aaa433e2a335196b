import Foundation
import Kernels

extension Stability {
  /// Compares the reference probes of the folds.
  init(_ features: borrowing DoubleMatrix, probes: [LinearProbe]) {
    let standardization = Standardization(
      features, rows: Array(0..<features.rows), isScaled: true)
    let weights = probes.map { zip($0.weights, standardization.scales).map(*) }
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
func cosine(_ one: [Double], _ other: [Double]) -> Double {
  var (product, first, second) = (0.0, 0.0, 0.0)
  for index in one.indices {
    product += one[index] * other[index]
    first += one[index] * one[index]
    second += other[index] * other[index]
  }
  let lengths = (first * second).squareRoot()
  return lengths == 0 ? 0 : product / lengths
}
