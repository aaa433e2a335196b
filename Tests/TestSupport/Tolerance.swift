/// How far a result may be from its reference, as a share of the reference's root mean square.
public struct Tolerance: Sendable {
  /// The share allowed.
  public let share: Double

  /// Integers, copies, round trips.
  public static let exact = Tolerance(share: 0)
  /// One kernel against a float64 reference.
  public static let kernel = Tolerance(share: 1e-6)
  /// One product with up to 4096 terms.
  public static let matrix = Tolerance(share: 1e-5)
  /// Activations after several blocks.
  public static let decoder = Tolerance(share: 1e-4)
  /// One backward kernel, which sums what a forward one spread, against float64 or its differences.
  public static let kernelGradient = Tolerance(share: 5e-6)
  /// Derivatives through several blocks, RMS against RMS: float32 sums in two orders.
  public static let gradient = Tolerance(share: 1e-4)
  /// Derivatives against central differences of a float32 loss.
  public static let difference = Tolerance(share: 2e-2)
}
