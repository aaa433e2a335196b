import Inference
import Kernels

/// The rows that a difference of means is made of, and differences made of them in other ways.
struct DirectionRows {
  private let width: Int
  private let rows: [Double]
  /// The rows of each class.
  private let members: [[Int]]

  /// Takes rows and their classes, both of them there.
  init(_ rows: SharedRows, labels: [Int]) {
    width = rows.width
    let values = rows[rows: 0..<rows.count]
    self.rows = values.indices.map { Double(values[$0]) }
    members = (0...1).map { label in labels.indices.filter { labels[$0] == label } }
  }

  /// The difference of the class means as they are.
  var difference: [Double] { difference(members) }

  /// Differences with labels shuffled among all rows.
  func shuffled(_ count: Int, seed: UInt64) -> [[Double]] {
    var generator = SeededGenerator(seed: seed, stream: .directionNulls)
    var all = members.flatMap { $0 }
    return (0..<count).map { _ in
      generator.shuffle(&all)
      return difference([
        Array(all.prefix(members[0].count)), Array(all.dropFirst(members[0].count)),
      ])
    }
  }

  /// How much the difference depends on which rows there are.
  ///
  /// - Parameters:
  ///   - halves: how many random halves to compare.
  ///   - draws: how often to draw rows of each class with replacement.
  ///   - seed: fixes both.
  /// - Returns: cosines; nil where one of them has no value.
  func stability(halves: Int, draws: Int, seed: UInt64) -> DirectionStability? {
    var generator = SeededGenerator(seed: seed, stream: .directionHalves)
    let ofHalves = (0..<halves).map { _ in
      let shuffled = members.map { members in
        var members = members
        generator.shuffle(&members)
        return members
      }
      return cosine(
        difference(shuffled.map { Array($0.prefix($0.count / 2)) }),
        difference(shuffled.map { Array($0.dropFirst($0.count / 2)) }))
    }
    let whole = difference
    let ofDraws = (0..<draws).map { _ in
      let drawn = members.map { members in
        members.map { _ in members[generator.below(members.count)] }
      }
      return cosine(difference(drawn), whole)
    }
    guard let halves = Self.summary(ofHalves), let bootstrap = Self.summary(ofDraws) else {
      return nil
    }
    return DirectionStability(halves: halves, bootstrap: bootstrap)
  }

  /// The median of some values and what 95 % of them lie between.
  private static func summary(_ values: [Double]) -> Estimate? {
    ClusterBootstrap.estimate(MedianNorm.median(of: values), values)
  }

  /// The difference of means of components held between two percentiles of their class.
  func winsorised(below share: Double = 0.05) -> [Double] {
    var difference = [Double](repeating: 0, count: width)
    for (sign, members) in zip([-1.0, 1], members) {
      for column in 0..<width {
        let values = members.map { rows[$0 * width + column] }
        let sorted = values.sorted()
        let cut = Int(share * Double(sorted.count))
        let (low, high) = (sorted[cut], sorted[sorted.count - 1 - cut])
        let sum = values.reduce(0) { $0 + min(max($1, low), high) }
        difference[column] += sign * sum / Double(members.count)
      }
    }
    return difference
  }

  /// The difference without the components that are largest in the rows themselves.
  func masked(_ count: Int = 3) -> [Double] {
    var sizes = [Double](repeating: 0, count: width)
    for (index, value) in rows.enumerated() { sizes[index % width] += abs(value) }
    var masked = difference
    for column in sizes.largest(count) { masked[column] = 0 }
    return masked
  }

  private func difference(_ members: [[Int]]) -> [Double] {
    var difference = [Double](repeating: 0, count: width)
    for (sign, members) in zip([-1.0, 1], members) {
      let weight = sign / Double(members.count)
      for row in members {
        for column in 0..<width { difference[column] += weight * rows[row * width + column] }
      }
    }
    return difference
  }
}

extension [Double] {
  /// The indices of the largest values, the largest first; ties go to the lower index.
  func largest(_ count: Int) -> [Int] {
    [Int](indices.sorted { (-self[$0], $0) < (-self[$1], $1) }.prefix(count))
  }
}
