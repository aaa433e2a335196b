import Inference

/// Shares of pairs' differences that places carry over, and how unusual they are.
package struct PatchShares: Sendable {
  /// Of denoising, `[place][pair]`.
  package let denoise: [[Double]]
  /// Of noising, `[place][pair]`.
  package let noise: [[Double]]
  /// What gradients make of the former; empty where they were not taken.
  let screenedDenoise: [[Double]]
  /// What they make of the latter.
  let screenedNoise: [[Double]]

  /// Takes shares that were measured.
  package init(
    denoise: [[Double]], noise: [[Double]], screenedDenoise: [[Double]] = [],
    screenedNoise: [[Double]] = []
  ) {
    self.denoise = denoise
    self.noise = noise
    self.screenedDenoise = screenedDenoise
    self.screenedNoise = screenedNoise
  }

  /// Divides changes by the pairs' differences.
  package init(_ runs: PatchRuns) {
    let contrasts = zip(runs.refused, runs.answered).map { $0 - $1 }
    func shares(_ values: [[Double]], from base: [Double], sign: Double) -> [[Double]] {
      values.map { values in
        values.indices.map { sign * (values[$0] - base[$0]) / contrasts[$0] }
      }
    }
    let zero = contrasts.map { _ in 0.0 }
    self.init(
      denoise: shares(runs.denoised, from: runs.answered, sign: 1),
      noise: shares(runs.noised, from: runs.refused, sign: -1),
      screenedDenoise: shares(runs.screenedDenoise, from: zero, sign: 1),
      screenedNoise: shares(runs.screenedNoise, from: zero, sign: -1))
  }

  /// The studentised effects that pairs turned round at random exceed anywhere in 5 % of draws.
  ///
  /// A pair turned round has its refused prompt noised where another has its answered one denoised: what moves
  /// is the noise share, and the other way. Places that carry nothing of the class move as often up as down.
  package func critical(draws: Int, seed: UInt64) -> PatchCritical {
    var generator = SeededGenerator(seed: seed, stream: .patchSwaps)
    let pairs = denoise.first?.count ?? 0
    var largest: [[Double]] = [[], []]
    for _ in 0..<draws {
      let isTurned = (0..<pairs).map { _ in generator.below(2) == 1 }
      for (index, sides) in [(denoise, noise), (noise, denoise)].enumerated() {
        var most = 0.0
        for place in denoise.indices {
          let (own, other) = (sides.0[place], sides.1[place])
          most = max(most, abs(studentised(pairs) { isTurned[$0] ? -other[$0] : own[$0] }))
        }
        largest[index].append(most)
      }
    }
    return PatchCritical(
      denoise: maximumThreshold(largest[0]), noise: maximumThreshold(largest[1]))
  }
}

/// A sum over the root of the sum of squares: a mean over its standard error if it were zero.
private func studentised(_ count: Int, _ value: (Int) -> Double) -> Double {
  var (sum, square) = (0.0, 0.0)
  for index in 0..<count {
    let value = value(index)
    sum += value
    square += value * value
  }
  return square == 0 ? 0 : sum / square.squareRoot()
}

extension PatchEffect {
  /// Judges a place.
  ///
  /// - Parameters:
  ///   - shares: of every pair.
  ///   - screened: what gradients make of them; nil where they were not taken.
  ///   - critical: the studentised effect that is exceptional.
  ///   - bootstrap: draws of pairs.
  init?(
    _ shares: [Double], screened: [Double]?, critical: Double, _ bootstrap: ClusterBootstrap
  ) {
    guard let share = bootstrap.mean(shares) else { return nil }
    let square = shares.reduce(0) { $0 + $1 * $1 }
    self.share = share
    band = critical * square.squareRoot() / Double(shares.count)
    isExceptional = abs(studentised(shares.count) { shares[$0] }) > critical
    self.screened = screened.map { Probes.mean($0) }
  }
}

extension ScreenAgreement {
  /// Correlates what gradients make of all places with what patching finds, on the same draws of pairs.
  init(_ shares: PatchShares, _ bootstrap: ClusterBootstrap) {
    func correlation(_ screened: [[Double]], _ patched: [[Double]]) -> Estimate? {
      let folds = [Int](repeating: 0, count: patched.count)
      let pairs = patched.first?.count ?? 0
      return bootstrap.drawn { times in
        let weights = (0..<pairs).map { Double(times($0)) }
        func means(_ values: [[Double]]) -> [Double] {
          values.map { values in zip(values, weights).reduce(0) { $0 + $1.0 * $1.1 } }
        }
        return RankCorrelation(means(screened), means(patched), folds: folds).value { _ in 1 }
      }.estimate
    }
    denoise = correlation(shares.screenedDenoise, shares.denoise)
    noise = correlation(shares.screenedNoise, shares.noise)
  }
}
