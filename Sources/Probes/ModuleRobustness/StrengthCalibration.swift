/// How strong a disturbance has to be for whole blocks to lose a given share, on average.
public struct StrengthCalibration: Codable, Sendable, Equatable {
  /// A strength that was tried.
  public struct Trial: Codable, Sendable, Equatable {
    /// The strength.
    public let strength: Double
    /// The mean sensitivity of whole blocks.
    public let sensitivity: Double
  }

  /// The mean sensitivity wanted.
  public let target: Double
  /// What was tried, in order.
  public let trials: [Trial]
  /// The strength taken: that whose sensitivity is nearest to the target, the first of equal ones.
  public let strength: Double
  /// Its mean sensitivity.
  public let sensitivity: Double

  /// The most blocks that a strength is tried on.
  public static let mostBlocks = 10
  /// How near the target is near enough.
  static let tolerance = 0.02
  private static let bisections = 8
  private static let strongestNoise = 64.0

  /// Whether a strength near the target was found.
  public var isReached: Bool { abs(sensitivity - target) <= 0.1 }

  /// Looks for a strength by bisection; by bits one after another for rounding.
  ///
  /// - Parameters:
  ///   - kind: what is done to modules; not `delta`, whose strength of 1 means something.
  ///   - target: the mean sensitivity wanted.
  ///   - measure: the mean sensitivity of whole blocks at a strength.
  /// - Throws: what measuring throws.
  package init(
    _ kind: ModuleDisturbance.Kind, target: Double, measure: (_ strength: Double) throws -> Double
  ) throws {
    var trials: [Trial] = []
    func isEnough(_ strength: Double) throws -> Bool {
      trials.append(Trial(strength: strength, sensitivity: try measure(strength)))
      return trials[trials.count - 1].sensitivity >= target
    }
    func isNear() -> Bool { abs((trials.last?.sensitivity ?? 0) - target) <= Self.tolerance }
    switch kind {
    case .quant:
      for bits in stride(from: 8.0, through: 2, by: -1) {
        if try isEnough(bits) { break }
      }
    case .noise, .shrink, .drop:
      var low = 0.0
      var high = 1.0
      let limit = kind == .noise ? Self.strongestNoise : 1
      while try !isEnough(high), high < limit { (low, high) = (high, 2 * high) }
      if trials[trials.count - 1].sensitivity >= target {
        for _ in 0..<Self.bisections where !isNear() {
          let middle = (low + high) / 2
          if try isEnough(middle) { high = middle } else { low = middle }
        }
      }
    case .delta: preconditionFailure("calibrating a delta")
    }
    var best = trials[0]
    for trial in trials
    where abs(trial.sensitivity - target) < abs(best.sensitivity - target) { best = trial }
    self.target = target
    self.trials = trials
    strength = best.strength
    sensitivity = best.sensitivity
  }
}
