extension LogisticPath {
  /// A search ends at this share of the slope; what a step leaves of its promise is about the square.
  private static let searchTolerance = 0.04
  private static let searchLimit = 200

  /// A Newton step and the change of scores it makes.
  struct Step {
    var change: LinearSlope
    var scores: [Double]
  }

  /// Solves for the Newton steps of some parts by preconditioned conjugate gradients, all side by side.
  func search(
    _ slopes: [LinearSlope], _ curvatures: [[Double]], parts: [Int], ridge: Double
  ) -> [Step] {
    var steps = parts.map { _ in
      Step(
        change: LinearSlope(weights: [Double](repeating: 0, count: design.width), intercept: 0),
        scores: [Double](repeating: 0, count: design.rowCount))
    }
    var active = Array(parts.indices)
    var residuals = slopes
    var directions = preconditioned(residuals)
    var sizes = parts.indices.map { residuals[$0].dot(directions[$0]) }
    let enough = sizes.map { Self.searchTolerance * Self.searchTolerance * $0 }
    searchLength = 0
    while searchLength < Self.searchLimit {
      active.removeAll { !(sizes[$0] > enough[$0]) }
      if active.isEmpty { break }
      searchLength += 1
      let chosen = active.map { parts[$0] }
      let moved = design.scores(active.map { directions[$0].weights }, parts: chosen, rounded: true)
      let pulls = active.enumerated().map { place, index in
        let (change, curvature) = (moved[place], curvatures[index])
        let intercept = directions[index].intercept
        return change.indices.map { curvature[$0] * (change[$0] + intercept) }
      }
      let sums = design.slopes(pulls, parts: chosen, rounded: true)
      for (place, index) in active.enumerated() {
        var product = LinearSlope(weights: sums[place], intercept: pulls[place].reduce(0, +))
        product.weights.add(ridge, directions[index].weights)
        let curvature = directions[index].dot(product)
        guard curvature > 0 else {
          sizes[index] = 0
          continue
        }
        let length = sizes[index] / curvature
        steps[index].change.add(length, directions[index])
        steps[index].scores.add(length, moved[place])
        residuals[index].add(-length, product)
      }
      let renewed = preconditioned(active.map { residuals[$0] })
      for (place, index) in active.enumerated() where sizes[index] > 0 {
        let size = residuals[index].dot(renewed[place])
        var direction = renewed[place]
        direction.add(size / sizes[index], directions[index])
        directions[index] = direction
        sizes[index] = size
      }
    }
    return steps
  }

  private func preconditioned(_ slopes: [LinearSlope]) -> [LinearSlope] {
    curvature?.steps(slopes) ?? slopes
  }
}
