package import Inference

/// Searches for the boundaries by counts of refusals, wherever those come from.
package struct BoundarySearch {
  /// Counts refusals; `isWhole` asks for whole replies, which are judged for coherence, too.
  package typealias Count = (_ range: LayerRange, _ alpha: Double, _ isWhole: Bool) throws ->
    SweepCount

  package let layerCount: Int
  package let promptCount: Int
  package let options: SearchOptions
  package let count: Count

  /// Prepares to search.
  package init(layerCount: Int, promptCount: Int, options: SearchOptions, count: @escaping Count) {
    self.layerCount = layerCount
    self.promptCount = promptCount
    self.options = options
    self.count = count
  }

  /// What was found.
  package struct Found {
    package let baseline: SweepCount
    package let direction: SearchOptions.Direction
    package let steps: [AlphaStep]
    /// The step whose factor was taken; nil where none is coherent and makes a difference.
    package let chosen: AlphaStep?
    package let upper: [SweepCount]
    package let lower: [SweepCount]
    package let range: LayerRange?
    package let final: SweepCount?
  }

  /// The standard deviation that counts of so many prompts must reach.
  package var threshold: Double {
    options.deviation * Double(promptCount) / Double(SearchOptions.publishedPrompts)
  }

  /// Chooses a factor, then moves the upper bound and the lower one.
  package func search(from initial: LayerRange) throws -> Found {
    let baseline = try count(.none, 1, true)
    let direction =
      options.direction
      ?? (Double(baseline.refusals) > SearchOptions.largeShare * Double(promptCount) ? .down : .up)
    let steps = try steps(from: initial, direction)
    let coherent = steps.filter { $0.incoherentShare <= options.incoherentLimit }
    let chosen =
      coherent.first { $0.deviation >= threshold }
      ?? coherent.filter { $0.deviation > 0 }.max { $0.deviation < $1.deviation }
    guard let chosen else {
      return Found(
        baseline: baseline, direction: direction, steps: steps, chosen: nil, upper: [], lower: [],
        range: nil, final: nil)
    }
    let upper = try widened(
      chosen.counts, .upper, direction, allowed: initial.first...layerCount - 1
    ) { try count(LayerRange(first: initial.first, last: $0), chosen.alpha, false) }
    let last = upper[BoundarySweep.extremum(upper.map(\.refusals), .upper, direction)].range.last
    let window = BoundarySweep.window(around: initial.first, size: options.window, within: 0...last)
    let first = try window.map {
      try count(LayerRange(first: $0, last: last), chosen.alpha, false)
    }
    let lower = try widened(first, .lower, direction, allowed: 0...last) {
      try count(LayerRange(first: $0, last: last), chosen.alpha, false)
    }
    let range = lower[BoundarySweep.extremum(lower.map(\.refusals), .lower, direction)].range
    return Found(
      baseline: baseline, direction: direction, steps: steps, chosen: chosen, upper: upper,
      lower: lower, range: range, final: try count(range, chosen.alpha, true))
  }

  /// Moves the factor away from 1 until counts differ enough, or replies fall apart.
  private func steps(
    from initial: LayerRange, _ direction: SearchOptions.Direction
  ) throws -> [AlphaStep] {
    var steps: [AlphaStep] = []
    let window = BoundarySweep.window(
      around: initial.last, size: options.window, within: initial.first...layerCount - 1)
    for index in 1...options.steps {
      // Rounded, so that 1.15 is the number that is written so.
      let distance = (Double(index) * options.step * 1e6).rounded() / 1e6
      let alpha = ((direction == .up ? 1 + distance : 1 - distance) * 1e6).rounded() / 1e6
      let counts = try window.map {
        // The widest range is the likeliest to break the model.
        try count(
          LayerRange(first: initial.first, last: $0), alpha, $0 == window.upperBound)
      }
      let step = AlphaStep(
        alpha: alpha, counts: counts, deviation: SweepCount.deviation(counts.map(\.refusals)),
        incoherentShare: Double(counts[counts.count - 1].incoherent ?? 0) / Double(promptCount))
      steps.append(step)
      if step.incoherentShare > options.incoherentLimit || step.deviation >= threshold { break }
    }
    return steps
  }

  /// Adds two bounds wherever the extremum is at an end that can move on.
  private func widened(
    _ counts: [SweepCount], _ bound: BoundarySweep.Bound, _ direction: SearchOptions.Direction,
    allowed: ClosedRange<Int>, _ count: (Int) throws -> SweepCount
  ) throws -> [SweepCount] {
    var counts = counts
    func moving(_ count: SweepCount) -> Int {
      bound == .upper ? count.range.last : count.range.first
    }
    while true {
      let best = BoundarySweep.extremum(counts.map(\.refusals), bound, direction)
      let (low, high) = (moving(counts[0]), moving(counts[counts.count - 1]))
      if best == 0, low > allowed.lowerBound {
        let added = max(allowed.lowerBound, low - 2)..<low
        counts = try added.map(count) + counts
      } else if best == counts.count - 1, high < allowed.upperBound {
        counts += try (high + 1...min(allowed.upperBound, high + 2)).map(count)
      } else {
        return counts
      }
    }
  }
}
