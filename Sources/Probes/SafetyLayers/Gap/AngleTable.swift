import Foundation
import Inference
package import Kernels

/// Cosines and angles between all vectors of one place.
package struct AngleTable: Sendable {
  /// How many vectors there are.
  package let count: Int
  /// `[vector, vector]`.
  package let cosines: [Double]
  /// The same in degrees.
  package let angles: [Double]

  /// Compares vectors, `[vector, width]`; a vector of zeros is at right angles to all others.
  package init(_ rows: SharedRows) {
    let count = rows.count
    let width = rows.width
    let values = rows[rows: 0..<count]
    var unit = [Double](repeating: 0, count: count * width)
    for row in 0..<count {
      var squares = 0.0
      for column in row * width..<(row + 1) * width {
        squares += Double(values[column]) * Double(values[column])
      }
      let norm = squares.squareRoot()
      for column in row * width..<(row + 1) * width where norm > 0 {
        unit[column] = Double(values[column]) / norm
      }
    }
    var cosines = [Double](repeating: 1, count: count * count)
    var angles = [Double](repeating: 0, count: count * count)
    for one in 0..<count {
      for other in 0..<one {
        let cosine = Self.cosine(of: one, other, unit, width: width)
        cosines[one * count + other] = cosine
        cosines[other * count + one] = cosine
        let angle = acos(cosine) * 180 / .pi
        angles[one * count + other] = angle
        angles[other * count + one] = angle
      }
    }
    self.count = count
    self.cosines = cosines
    self.angles = angles
  }

  private static func cosine(of one: Int, _ other: Int, _ unit: [Double], width: Int) -> Double {
    let left = unit.span.extracting(one * width..<(one + 1) * width)
    let right = unit.span.extracting(other * width..<(other + 1) * width)
    // Four sums, so that additions need not wait for one another.
    var (first, second, third, fourth) = (0.0, 0.0, 0.0, 0.0)
    var column = 0
    while column + 4 <= width {
      first += left[column] * right[column]
      second += left[column + 1] * right[column + 1]
      third += left[column + 2] * right[column + 2]
      fourth += left[column + 3] * right[column + 3]
      column += 4
    }
    while column < width {
      first += left[column] * right[column]
      column += 1
    }
    let sum = (first + second) + (third + fourth)
    // Rounding must not make an angle between vectors that are the same.
    if sum > 1 - 1e-9, left.indices.allSatisfy({ left[$0] == right[$0] }) { return 1 }
    return min(max(sum, -1), 1)
  }
}
