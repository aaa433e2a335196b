import Foundation
public import Testing

/// Compares values with a reference; reports the worst element, both values and what was allowed.
///
/// Every element may differ by `tolerance.share` of the reference's root mean square; a value that is
/// not a number fails.
public func expectClose(
  _ found: [Float], _ expected: [Double], _ tolerance: Tolerance, _ what: String = "values",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  guard found.count == expected.count else {
    Issue.record(
      "\(what): \(found.count) values, expected \(expected.count)", sourceLocation: sourceLocation)
    return
  }
  let squares = expected.reduce(0) { $0 + $1 * $1 }
  let allowed = tolerance.share * (squares / Double(max(expected.count, 1))).squareRoot()
  var worst = 0
  var worstDifference = -1.0
  for index in found.indices {
    let difference = abs(Double(found[index]) - expected[index])
    if !(difference <= worstDifference) {
      worst = index
      worstDifference = difference
      if difference.isNaN { break }
    }
  }
  let isWithin = worstDifference <= allowed || found.isEmpty
  #expect(
    isWithin,
    """
    \(what): element \(worst) is \(found.isEmpty ? .nan : found[worst]), expected \
    \(found.isEmpty ? .nan : expected[worst]); difference \(worstDifference), allowed \(allowed)
    """,
    sourceLocation: sourceLocation)
}

/// Compares with a float32 reference.
public func expectClose(
  _ found: [Float], _ expected: [Float], _ tolerance: Tolerance, _ what: String = "values",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  expectClose(found, expected.map(Double.init), tolerance, what, sourceLocation: sourceLocation)
}

/// The RMS of the difference as a share of the reference's RMS; infinite where sizes differ.
public func relativeRMS(_ found: [Float], _ expected: [Float]) -> Double {
  guard found.count == expected.count else { return .infinity }
  var difference = 0.0
  var total = 0.0
  for (value, reference) in zip(found, expected) {
    difference += (Double(value) - Double(reference)) * (Double(value) - Double(reference))
    total += Double(reference) * Double(reference)
  }
  return difference == 0 ? 0 : (difference / total).squareRoot()
}
