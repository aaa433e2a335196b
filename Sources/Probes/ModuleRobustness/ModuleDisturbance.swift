/// What is done to a module's matrix W, in memory only.
public struct ModuleDisturbance: Codable, Sendable, Hashable {
  /// How a matrix is disturbed.
  public enum Kind: String, Codable, Sendable, CaseIterable {
    /// `W + strength × RMS(W) × Z`, Z standard normal.
    case noise
    /// `(1 - strength) × W`.
    case shrink
    /// A random share of the entries set to zero.
    case drop
    /// Every row rounded to so many bits, evenly between plus and minus its largest entry.
    case quant
    /// `W + strength × (W_tuned - W)`.
    case delta

    /// Whether it is drawn, so that several draws differ.
    public var isDrawn: Bool { self == .noise || self == .drop }

    /// The strengths that make sense.
    public var strengths: ClosedRange<Double> {
      switch self {
      case .noise: 0...1000
      case .shrink, .drop: 0...1
      case .quant: 2...16
      case .delta: -10...10
      }
    }
  }

  /// How.
  public let kind: Kind
  /// How much; for `quant` the number of bits, of which fewer are more.
  public let strength: Double

  /// States a disturbance.
  ///
  /// - Precondition: the strength is one of the kind's.
  public init(_ kind: Kind, strength: Double) {
    precondition(kind.strengths.contains(strength), "\(kind) of strength \(strength)")
    precondition(kind != .quant || strength == strength.rounded(), "rounding to \(strength) bits")
    self.kind = kind
    self.strength = strength
  }
}
