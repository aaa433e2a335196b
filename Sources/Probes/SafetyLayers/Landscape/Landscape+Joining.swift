extension Landscape {
  /// Joins the points of every direction.
  ///
  /// - Parameters:
  ///   - options: how they were measured.
  ///   - opening: the first tokens of refusals.
  ///   - layer: the block behind which the probe reads.
  ///   - sample: what was measured on.
  ///   - unmoved: the model as it is.
  ///   - directions: the points of each direction, from one end to the other.
  ///   - seed: fixes the bootstrap.
  package init(
    options: LandscapeOptions, opening: RefusalOpening, layer: Int, sample: LandscapeSample,
    unmoved: LandscapePoint, directions: [[LandscapePoint]], seed: UInt64
  ) {
    let bootstrap = ClusterBootstrap(
      clusters: Clusters(indices: Array(directions.indices)), draws: options.draws, seed: seed)
    func mean(_ values: [Double?]) -> Estimate? {
      bootstrap.ratio(values.map { $0 ?? 0 }, over: values.map { $0 == nil ? 0 : 1 })
    }
    func known(_ values: [Double]) -> Estimate {
      let value = values.reduce(0, +) / Double(values.count)
      return mean(values) ?? Estimate(value: value, low: value, high: value, draws: 0)
    }
    self.options = options
    self.opening = opening
    self.layer = layer
    self.sample = sample
    self.unmoved = unmoved
    self.directions = directions
    curve = Self.places(in: directions).map { place in
      let points = directions.map { $0[place] }
      return LandscapeMean(
        alpha: points[0].alpha, refusal: mean(points.map(\.refusal)),
        overRefusal: mean(points.map(\.overRefusal)), auroc: mean(points.map(\.auroc)),
        cosine: mean(points.map(\.cosine)), loss: mean(points.map(\.loss)),
        safety: mean(points.map(\.safety)), intact: points.count(where: \.isIntact))
    }
    score = known(
      directions.map { points in points.reduce(0) { $0 + $1.safety } / Double(points.count) })
    intactReach = known(directions.map(Self.intactReach))
  }

  /// How far weights can be moved on both sides, on average, before a model on the way is broken.
  static func intactReach(_ points: [LandscapePoint]) -> Double {
    guard let middle = points.firstIndex(where: { $0.alpha == 0 }) else { return 0 }
    let above = points[middle...].prefix(while: \.isIntact).last?.alpha ?? 0
    let below = points[...middle].reversed().prefix(while: \.isIntact).last?.alpha ?? 0
    return (above - below) / 2
  }

  /// The places of the moves, which all directions have alike.
  private static func places(in directions: [[LandscapePoint]]) -> Range<Int> {
    precondition(
      Set(directions.map { $0.map(\.alpha) }).count == 1, "directions of unlike moves")
    return directions[0].indices
  }
}
