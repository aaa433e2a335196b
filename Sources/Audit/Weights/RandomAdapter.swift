public import Inference
public import ModelFiles
import Statistics

extension WeightReport {
  /// The rank of random updates where weights were compared.
  private static let controlRank = 8

  /// An adapter of random factors whose update of every matrix is as long as the one that was found.
  ///
  /// - Parameters:
  ///   - model: the model before the tuning.
  ///   - seed: fixes the factors.
  /// - Returns: the adapter; nil where nothing changed.
  public func randomAdapter(for model: AdaptedModel, seed: UInt64) -> LowRankAdapter? {
    guard !changes.isEmpty else { return nil }
    let rank = changes.compactMap(\.rank).max() ?? Self.controlRank
    let shapes = Dictionary(
      uniqueKeysWithValues: DecoderDescription(model.checkpoint.configuration).linearModules.map {
        ($0.path, $0.shape)
      })
    var generator = SeededGenerator(seed: seed, stream: .controlAdapter)
    let modules = changes.compactMap { change -> LowRankAdapter.Module? in
      guard let shape = shapes[change.module] else { return nil }
      func normals(_ count: Int) -> [Float] { (0..<count).map { _ in Float(generator.normal()) } }
      let down = normals(rank * shape[1])
      let up = normals(shape[0] * rank)
      let raw = LowRankAdapter.Module(path: change.module, rank: rank, down: down, up: up)
      let factor = change.norm / raw.productNorm
      return LowRankAdapter.Module(
        path: change.module, rank: rank, down: down, up: up.map { Float(factor * Double($0)) })
    }
    // A pattern, because the modules are those of the tuning and need be no whole kind; alpha by rank is 1.
    return LowRankAdapter(
      AdapterConfiguration(rank: rank, alpha: Double(rank), targets: .pattern(".*")),
      modules: modules)
  }
}
