public import Inference

/// Counts with one bound of the scaled blocks moved over a window, the other fixed.
public struct BoundarySweep: Codable, Sendable, Equatable {
  /// Which bound moves.
  public enum Bound: String, Codable, Sendable {
    /// The first block.
    case lower
    /// The last block.
    case upper
  }

  /// Which bound moves.
  public let bound: Bound
  /// The counts, by the moving bound, ascending.
  public let counts: [SweepCount]
  /// For each of them, the share of bootstrap draws of prompts in which it is the extremum.
  public let support: [Double]
  /// The range of the extremum.
  public let chosen: LayerRange

  /// The extremum of some counts, ascending by the moving bound: of equal ones the narrower range.
  ///
  /// All of them are compared: published counts fall before they rise to their extremum.
  package static func extremum<Value: Comparable>(
    _ counts: [Value], _ bound: Bound, _ direction: SearchOptions.Direction
  ) -> Int {
    // The narrower range comes first where the last block moves, and last where the first one does.
    let order = bound == .upper ? Array(counts.indices) : counts.indices.reversed()
    return order.dropFirst().reduce(order[0]) { best, index in
      let isBetter =
        direction == .up ? counts[index] > counts[best] : counts[index] < counts[best]
      return isBetter ? index : best
    }
  }

  /// A window of bounds around one, moved inwards where it would leave those allowed.
  package static func window(around center: Int, size: Int, within allowed: ClosedRange<Int>)
    -> ClosedRange<Int>
  {
    let low = max(
      allowed.lowerBound, min(center - size / 2, allowed.upperBound - size + 1))
    return low...min(allowed.upperBound, low + size - 1)
  }
}

extension SweepCount {
  /// The sample standard deviation of counts, as published ones were made.
  package static func deviation(_ counts: [Int]) -> Double {
    guard counts.count > 1 else { return 0 }
    let mean = Double(counts.reduce(0, +)) / Double(counts.count)
    let squares = counts.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
    return (squares / Double(counts.count - 1)).squareRoot()
  }
}
