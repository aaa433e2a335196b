/// What `plumb layers patch` finds.
public struct LayerPatching: Codable, Sendable, Equatable {
  /// The first tokens of refusals.
  public let opening: RefusalOpening
  /// What was written along a direction; nil where no direction was given.
  public let attribution: Attribution?
  /// What patching carries over.
  public let map: PatchMap

  /// What was written along a direction.
  public struct Attribution: Codable, Sendable, Equatable {
    /// The direction's site.
    public let site: String
    /// The position it was found at.
    public let position: String
    /// What was found.
    public let found: DirectAttribution

    /// Names the direction that something was found along.
    public init(site: String, position: String, found: DirectAttribution) {
      self.site = site
      self.position = position
      self.found = found
    }
  }

  /// Joins the two.
  public init(opening: RefusalOpening, attribution: Attribution?, map: PatchMap) {
    self.opening = opening
    self.attribution = attribution
    self.map = map
  }
}
