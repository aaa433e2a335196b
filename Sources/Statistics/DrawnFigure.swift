/// A figure on the data as they are, and in every bootstrap draw.
package struct DrawnFigure: Sendable {
  /// On the data as they are; nil where it is not defined.
  package let value: Double?
  /// In every draw.
  package let replicates: [Double?]

  /// Takes a figure that was drawn elsewhere.
  package init(value: Double?, replicates: [Double?]) {
    self.value = value
    self.replicates = replicates
  }

  /// The figure with its interval.
  package var estimate: Estimate? { ClusterBootstrap.estimate(value, replicates) }

  /// How much it is above another, on the same draws.
  package func gain(over other: DrawnFigure) -> Estimate? { minus(other).estimate }

  /// The difference to another on the same draws.
  package func minus(_ other: DrawnFigure) -> DrawnFigure {
    DrawnFigure(
      value: difference(value, other.value),
      replicates: zip(replicates, other.replicates).map(difference))
  }

  /// The mean of several figures, where all of them are defined.
  package static func mean(_ figures: [DrawnFigure]) -> DrawnFigure {
    func mean(_ values: [Double?]) -> Double? {
      let known = values.compactMap { $0 }
      return known.count < values.count || known.isEmpty
        ? nil : known.reduce(0, +) / Double(known.count)
    }
    let draws = figures.first?.replicates.count ?? 0
    return DrawnFigure(
      value: mean(figures.map(\.value)),
      replicates: (0..<draws).map { draw in mean(figures.map { $0.replicates[draw] }) })
  }

  private func difference(_ one: Double?, _ other: Double?) -> Double? {
    guard let one, let other else { return nil }
    return one - other
  }
}
