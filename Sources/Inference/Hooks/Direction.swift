import Foundation
import ModelFiles

/// A unit vector at a site.
public struct Direction: Sendable, Hashable {
  /// Where it was found.
  public let site: HookSite
  /// The vector, of length 1.
  public let unit: [Float]
  /// The length it had before it was made a unit vector.
  public let norm: Double

  /// Normalizes a vector.
  ///
  /// - Parameters:
  ///   - vector: `[width]`.
  ///   - site: where it belongs.
  ///   - source: what to call it in an error.
  /// - Throws: `InferenceError.zeroVector` for a vector without a direction.
  public init(_ vector: [Float], site: HookSite, source: String) throws {
    let norm = sqrt(vector.reduce(0.0) { $0 + Double($1) * Double($1) })
    guard norm > 0, norm.isFinite else { throw InferenceError.zeroVector(source: source) }
    self.site = site
    self.unit = vector.map { Float(Double($0) / norm) }
    self.norm = norm
  }
}
