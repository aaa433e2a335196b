import Kernels
package import ModelFiles

/// Weights moved along a random direction: `W + alpha × D`, where each matrix of D is as long as that of W.
///
/// Always made from the weights themselves, so that nothing adds up over several moves. What is read is in memory
/// only.
package struct DisturbedWeights: WeightSource {
  private let base: any WeightSource
  private let direction: WeightDirection
  private let lengths: [String: Double]
  private let alpha: Double

  /// How long each matrix of a direction has to be made to be as long as the weights, for one model.
  package struct Lengths: Sendable {
    fileprivate let factors: [String: Double]

    /// Measures both, matrix by matrix.
    package init(
      _ direction: WeightDirection, _ base: any WeightSource, for description: DecoderDescription,
      threads: Int
    ) throws {
      let names = DecoderWeights.requirements(description).filter { $0.shape.count == 2 }.map(
        \.name)
      let found = try parallelMap(count: names.count, threads: threads) { index in
        try Self.factor(names[index], direction, base)
      }
      factors = Dictionary(uniqueKeysWithValues: zip(names, found))
    }

    private static func factor(
      _ name: String, _ direction: WeightDirection, _ base: any WeightSource
    ) throws -> Double {
      let matrix = try base.matrix(name)
      let values = matrix[rows: 0..<matrix.rowCapacity]
      var squares = 0.0
      for index in values.indices { squares += Double(values[index]) * Double(values[index]) }
      var drawn = 0.0
      var components = direction.components(of: name, from: 0)
      for _ in values.indices {
        let component = Double(components.next())
        drawn += component * component
      }
      return drawn == 0 ? 0 : (squares / drawn).squareRoot()
    }
  }

  /// Moves weights.
  package init(
    _ base: any WeightSource, along direction: WeightDirection, _ lengths: Lengths, by alpha: Double
  ) {
    self.base = base
    self.direction = direction
    self.lengths = lengths.factors
    self.alpha = alpha
  }

  package func shape(of name: String) -> [Int] { base.shape(of: name) }

  package func read(
    _ name: String, into values: inout MutableSpan<Float>
  ) throws(ModelFileError) {
    try base.read(name, into: &values)
    add(name, first: 0, to: &values)
  }

  package func read(
    _ name: String, row: Int, into values: inout MutableSpan<Float>
  ) throws(ModelFileError) {
    try base.read(name, row: row, into: &values)
    add(name, first: row * values.count, to: &values)
  }

  package func announce(_ name: String) { base.announce(name) }

  package func release(_ name: String) { base.release(name) }

  private func add(_ name: String, first: Int, to values: inout MutableSpan<Float>) {
    // A move by nothing changes nothing, not even the sign of a zero.
    guard alpha != 0, let factor = lengths[name], factor != 0 else { return }
    let scale = Float(alpha * factor)
    var components = direction.components(of: name, from: first)
    for index in values.indices { values[index] += scale * components.next() }
  }
}
