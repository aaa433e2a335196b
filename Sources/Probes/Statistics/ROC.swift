/// Area under the ROC curve over pairs of one fold, without the bookkeeping that intervals need.
///
/// - Returns: one half where no fold has both classes: nothing is in order or out of it.
package func quickArea(_ scores: [Double], labels: [Int], folds: Folds) -> Double {
  var pairs = 0
  var twiceOrdered = 0
  for fold in 0..<folds.count {
    var classes: [[Double]] = [[], []]
    for row in folds.rows(in: fold) { classes[labels[row]].append(scores[row]) }
    let (negatives, positives) = (classes[0].sorted(), classes[1].sorted())
    pairs += negatives.count * positives.count
    var below = 0
    var through = 0
    for score in positives {
      while below < negatives.count, negatives[below] < score { below += 1 }
      through = max(through, below)
      while through < negatives.count, negatives[through] <= score { through += 1 }
      twiceOrdered += below + through
    }
  }
  return pairs == 0 ? 0.5 : Double(twiceOrdered) / 2 / Double(pairs)
}

/// True against false positives at a hundred steps, the curves of the folds averaged by their pairs.
///
/// Averaged at equal false positive rates, because scores of different folds share no scale; so the area
/// under it is the area that is reported, but for its steps.
package func averagedROC(_ scores: [Double], labels: [Int], folds: Folds) -> [ROCPoint] {
  let steps = 100
  var rates = [Double](repeating: 0, count: steps + 1)
  var total = 0.0
  for fold in 0..<folds.count {
    let rows = folds.rows(in: fold)
    let positives = rows.filter { labels[$0] == 1 }.map { scores[$0] }.sorted(by: >)
    let negatives = rows.filter { labels[$0] == 0 }.map { scores[$0] }.sorted(by: >)
    let weight = Double(positives.count * negatives.count)
    if weight == 0 { continue }
    total += weight
    var above = 0
    for step in 0...steps {
      let allowed = step * negatives.count / steps
      // Below the score of the first negative that is not allowed, everything is.
      while above < positives.count,
        allowed >= negatives.count || positives[above] > negatives[allowed]
      { above += 1 }
      rates[step] += weight * Double(above) / Double(positives.count)
    }
  }
  if total == 0 { return [] }
  return (0...steps).map {
    ROCPoint(falsePositiveRate: Double($0) / Double(steps), truePositiveRate: rates[$0] / total)
  }
}
