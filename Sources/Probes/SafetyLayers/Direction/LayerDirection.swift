/// What `plumb layers direction` finds.
public struct LayerDirection: Codable, Sendable, Equatable {
  /// The refusal direction.
  public let direction: RefusalDirection
  /// Conditional steering; nil where a part has too few prompts for it.
  public let steering: ConditionalSteering?

  /// Joins the two.
  public init(direction: RefusalDirection, steering: ConditionalSteering?) {
    self.direction = direction
    self.steering = steering
  }
}
