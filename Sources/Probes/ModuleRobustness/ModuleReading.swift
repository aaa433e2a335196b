import Inference
import Kernels

/// What a model with disturbed modules makes of the prompts.
public struct ModuleReading: Codable, Sendable, Equatable {
  /// What was read.
  public struct Key: Codable, Sendable, Hashable {
    /// Which of several models.
    let subject: String
    let disturbance: ModuleDisturbance
    /// The modules' names, by layer and then by name.
    let modules: String
    /// Which of several draws.
    let draw: Int

    package init(
      subject: String, disturbance: ModuleDisturbance, modules: String, draw: Int
    ) {
      self.subject = subject
      self.disturbance = disturbance
      self.modules = modules
      self.draw = draw
    }
  }

  /// What was read.
  public let key: Key
  /// Logits of the security classifier.
  public let security: [Double]
  /// Logits of the control probe; empty where there is none.
  public let control: [Double]
  /// Mean cosine between what leaves the last block before and after.
  public let cosine: Double
  /// Mean length of the change of that vector, as a share of its length before.
  public let relativeChange: Double
  /// Length of the change of all weights.
  public let weightChange: Double
  /// Whether every vector is a number; logits are 0 where they are not.
  public let isFinite: Bool

  package init(
    key: Key, security: [Double], control: [Double], cosine: Double, relativeChange: Double,
    weightChange: Double, isFinite: Bool
  ) {
    self.key = key
    self.security = security
    self.control = control
    self.cosine = cosine
    self.relativeChange = relativeChange
    self.weightChange = weightChange
    self.isFinite = isFinite
  }
}

/// How far vectors moved.
struct FeatureChange {
  let cosine: Double
  let relative: Double

  /// Compares rows, in double precision and in their order.
  init(from clean: SharedRows, to rows: SharedRows) {
    var cosines = 0.0
    var changes = 0.0
    for row in 0..<clean.count {
      let change = RowChange(from: clean[rows: row..<row + 1], to: rows[rows: row..<row + 1])
      cosines += change.cosine
      changes += change.relative
    }
    cosine = cosines / Double(max(clean.count, 1))
    relative = changes / Double(max(clean.count, 1))
  }
}

/// How far one vector moved.
struct RowChange {
  /// Between the vector before and after.
  let cosine: Double
  /// The length of the change as a share of the length before; 0 where there was none.
  let relative: Double

  /// Compares vectors in double precision.
  init(from before: Span<Float>, to after: Span<Float>) {
    var (product, square, otherSquare, change) = (0.0, 0.0, 0.0, 0.0)
    for column in before.indices {
      let (one, other) = (Double(before[column]), Double(after[column]))
      product += one * other
      square += one * one
      otherSquare += other * other
      change += (other - one) * (other - one)
    }
    let lengths = (square * otherSquare).squareRoot()
    // Equal vectors are at 1 whatever their products round to.
    cosine = change == 0 ? 1 : lengths == 0 ? 0 : product / lengths
    relative = square == 0 ? 0 : (change / square).squareRoot()
  }
}
