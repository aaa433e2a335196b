package import Kernels

/// Directions from the mean of class 0 to that of class 1 of the same prompts in two models, and in draws of
/// prompts.
package struct DirectionComparison: Sendable {
  private let labels: [Int]
  private let first: Resamples
  private let second: Resamples

  /// Takes prompts.
  ///
  /// - Parameters:
  ///   - labels: their classes.
  ///   - draws: draws of their clusters.
  ///   - others: as many further draws, independent of the first.
  package init(labels: [Int], draws: ClusterBootstrap, others: ClusterBootstrap) {
    self.labels = labels
    first = Resamples(draws, labels: labels)
    second = Resamples(others, labels: labels)
  }

  /// Compares the directions of one layer.
  ///
  /// If the tuning had changed nothing but by chance, the two directions would at the most be as far apart as
  /// those of two independent draws of prompts in the model before. Draws come from prompts whose own direction
  /// is longer than the true one, by what chance adds; it is shortened by that before the draws' deviations
  /// are added to it, lest two draws seem nearer to each other than two sets of prompts are.
  ///
  /// - Parameters:
  ///   - before: rows of the model before.
  ///   - after: rows of the model after.
  /// - Returns: how far the direction turned, and how far draws turn it.
  package func turn(from before: SharedRows, to after: SharedRows) -> DrawnTurn {
    let sums = sums(before)
    let own = first.coefficients.times(sums)
    let others = second.coefficients.times(sums)
    let tuned = first.coefficients.times(self.sums(after))
    let (whole, tunedWhole) = (own.list(0), tuned.list(0))
    let isDefined = zip(first.isDefined, second.isDefined).map { $0 && $1 }
    let clusters = Double(first.clusterCount)
    // As many clusters drawn from themselves spread by that much less than others would.
    let inflation = (clusters / max(clusters - 1, 1)).squareRoot()
    var spread = 0.0
    for draw in isDefined.indices where isDefined[draw] {
      spread += squaredDistance(own.row(draw + 1), whole)
    }
    spread *= inflation * inflation / Double(max(isDefined.count { $0 }, 1))
    let square = whole.reduce(0) { $0 + $1 * $1 }
    let isKnown = square > 0 && square >= DrawnTurn.leastSquare * spread
    let share = isKnown ? (1 - spread / square).squareRoot() : 0
    func deviating(_ drawn: Span<Double>) -> [Double] {
      whole.indices.map { share * whole[$0] + inflation * (drawn[$0] - whole[$0]) }
    }
    var (turns, ratios, nulls) = ([Double?](), [Double?](), [Double?]())
    for draw in isDefined.indices {
      guard isDefined[draw] else {
        turns.append(nil)
        ratios.append(nil)
        nulls.append(nil)
        continue
      }
      let (one, other) = (own.list(draw + 1), tuned.list(draw + 1))
      turns.append(directionTurn(one, other))
      ratios.append(ratio(other, one))
      nulls.append(
        isKnown
          ? directionTurn(deviating(own.row(draw + 1)), deviating(others.row(draw + 1))) : nil)
    }
    return DrawnTurn(
      turn: DrawnFigure(value: directionTurn(whole, tunedWhole), replicates: turns),
      normRatio: DrawnFigure(value: ratio(tunedWhole, whole), replicates: ratios),
      norms: (norm(whole), norm(tunedWhole)), nullTurns: nulls)
  }

  /// The sums of the rows of each cluster, first of class 1 and then of class 0.
  private func sums(_ rows: SharedRows) -> DoubleMatrix {
    let count = first.clusterCount
    var sums = DoubleMatrix(rows: 2 * count, columns: rows.width)
    for row in labels.indices {
      let values = rows[rows: row..<row + 1]
      var target = sums.mutableRow(first.cluster(of: row) + (labels[row] == 1 ? 0 : count))
      for column in values.indices { target[column] += Double(values[column]) }
    }
    return sums
  }

  private func squaredDistance(_ one: Span<Double>, _ other: [Double]) -> Double {
    var sum = 0.0
    for index in other.indices { sum += (one[index] - other[index]) * (one[index] - other[index]) }
    return sum
  }

  private func norm(_ vector: [Double]) -> Double {
    vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
  }

  private func ratio(_ one: [Double], _ other: [Double]) -> Double? {
    let length = norm(other)
    return length == 0 ? nil : norm(one) / length
  }
}

/// How far a direction turned, as the prompts are and in draws.
package struct DrawnTurn: Sendable {
  /// One less the cosine between the directions of the two models.
  package let turn: DrawnFigure
  /// Length after by length before.
  package let normRatio: DrawnFigure
  /// Both lengths.
  package let norms: (before: Double, after: Double)
  /// One less the cosine between directions of the model before on two draws; nil where that direction is not known.
  package let nullTurns: [Double?]

  /// A direction is known where its squared length is at least this many times what draws of prompts spread it by:
  /// of a shorter one nobody can say whether it turned.
  static let leastSquare = 16.0

  /// The mean of the latter; nil where no draw has one.
  package var expected: Double? {
    let known = nullTurns.compactMap(\.self)
    return known.isEmpty ? nil : known.mean
  }
}

/// One less the cosine of the angle between two vectors; nil where one has no length.
///
/// Half the squared distance of the unit vectors, which is exact where the vectors are the same and keeps its
/// digits where they nearly are.
package func directionTurn(_ one: [Double], _ other: [Double]) -> Double? {
  let lengths = [one, other].map { $0.reduce(0) { $0 + $1 * $1 }.squareRoot() }
  guard lengths[0] > 0, lengths[1] > 0 else { return nil }
  var sum = 0.0
  for index in one.indices {
    let difference = one[index] / lengths[0] - other[index] / lengths[1]
    sum += difference * difference
  }
  return sum / 2
}

/// How many times as far as draws turn it on average a direction has to turn, so that among several layers one
/// exceeds it by chance in at most 5 % of cases; nil where no layer has a direction.
package func turnFactor(_ layers: [DrawnTurn]) -> Double? {
  let draws = layers.map(\.nullTurns.count).max() ?? 0
  let expected = layers.map(\.expected)
  let maxima = (0..<draws).compactMap { draw in
    zip(layers, expected).compactMap { layer, expected -> Double? in
      guard let turn = layer.nullTurns[draw], let expected, expected > 0 else { return nil }
      return turn / expected
    }.max()
  }
  return maxima.isEmpty ? nil : maximumThreshold(maxima)
}

extension DirectionDrift {
  /// Judges a direction by what draws of prompts do to it, times a factor for all layers.
  init(_ drawn: DrawnTurn, factor: Double?) {
    let limit = drawn.expected.flatMap { expected in factor.map { $0 * expected } }
    turn = drawn.turn.value
    cosine = drawn.turn.estimate.map {
      Estimate(value: 1 - $0.value, low: 1 - $0.high, high: 1 - $0.low, draws: $0.draws)
    }
    expectedTurn = drawn.expected
    self.limit = limit
    (normBefore, normAfter) = drawn.norms
    normRatio = drawn.normRatio.estimate
    isTurned = turn.flatMap { turn in limit.map { turn > $0 } } ?? false
  }
}

/// Draws of clusters as coefficients of the sums of each cluster's rows.
private struct Resamples: Sendable {
  private let bootstrap: ClusterBootstrap
  /// How many rows of class 1 and of class 0 each cluster has.
  private let counts: [[Int]]

  init(_ bootstrap: ClusterBootstrap, labels: [Int]) {
    var counts = [[Int]](
      repeating: [Int](repeating: 0, count: bootstrap.clusters.count), count: 2)
    for (row, label) in labels.enumerated() {
      counts[label == 1 ? 0 : 1][bootstrap.clusters.indices[row]] += 1
    }
    self.bootstrap = bootstrap
    self.counts = counts
  }

  var clusterCount: Int { bootstrap.clusters.count }

  func cluster(of row: Int) -> Int { bootstrap.clusters.indices[row] }

  /// Whether both classes are in each draw.
  var isDefined: [Bool] { (1...bootstrap.draws).map { totals($0).allSatisfy { $0 > 0 } } }

  /// `[1 + draw, 2 × cluster]`: the prompts as they are, and every draw.
  var coefficients: DoubleMatrix {
    var matrix = DoubleMatrix(rows: bootstrap.draws + 1, columns: 2 * clusterCount)
    for draw in 0...bootstrap.draws {
      let totals = totals(draw)
      var row = matrix.mutableRow(draw)
      for cluster in 0..<clusterCount where totals[0] > 0 && totals[1] > 0 {
        let count = Double(times(draw, cluster))
        row[cluster] = count / Double(totals[0])
        row[clusterCount + cluster] = -count / Double(totals[1])
      }
    }
    return matrix
  }

  /// Rows of class 1 and of class 0 in a draw, from 1 on; 0 are the prompts as they are.
  private func totals(_ draw: Int) -> [Int] {
    counts.map { counts in
      counts.indices.reduce(0) { $0 + times(draw, $1) * counts[$1] }
    }
  }

  private func times(_ draw: Int, _ cluster: Int) -> Int {
    draw == 0 ? 1 : Int(bootstrap.times[(draw - 1) * clusterCount + cluster])
  }
}
