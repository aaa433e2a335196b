/// How safety examples are mixed into a training set.
public struct MixingRequest: Sendable, Hashable {
  /// In which form they are added.
  public enum Arm: String, Sendable, Codable, CaseIterable {
    /// Nothing is added.
    case none
    /// As they are.
    case base
    /// As they are, only those with the longest answers.
    case longest
    /// In the form of the user's data.
    case mimic
  }

  /// Examples that `longest` chooses among, at most.
  public static let longestCount = 100

  /// The form.
  public var arm: Arm
  /// Added examples as a share of the user's, from 0 to 1.
  public var rate: Double
  /// Decides which examples are added, in which order and where.
  public var seed: UInt64
  /// Whether added examples are spread evenly.
  public var isStratified: Bool

  /// Makes a request.
  public init(arm: Arm, rate: Double, seed: UInt64 = 0, isStratified: Bool = true) {
    self.arm = arm
    self.rate = rate
    self.seed = seed
    self.isStratified = isStratified
  }

  /// How many examples are added to so many.
  ///
  /// - Parameter userCount: how many examples the user's set has.
  /// - Returns: the rounded product; halves are rounded up.
  public func addedCount(to userCount: Int) -> Int {
    arm == .none ? 0 : Int((rate * Double(userCount)).rounded())
  }
}
