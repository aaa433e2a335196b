/// What a tuning did to a model's weights, and where the vectors of prompts lie before and after it.
///
/// Jain et al., "What Makes and Breaks Safety Fine-tuning?", arXiv 2407.10264.
public struct WeightShift: Codable, Sendable, Equatable {
  /// The most prompts of either class in either part.
  public let promptsPerClass: Int
  /// The share of squared singular values that a column space holds.
  public let heldShare: Double
  /// Matrices of every MLP, layer by layer.
  public let modules: [ModuleShift]
  /// Clusters behind every layer.
  public let clusters: [ClusterShift]
  /// How much the changed MLP inputs read from prompts, layer by layer.
  public let readings: [ShiftReading]
}

/// One matrix.
public struct ModuleShift: Codable, Sendable, Equatable {
  /// The block.
  public let layer: Int
  /// The module's name.
  public let module: String
  /// The length of the change as a share of that of the matrix before.
  public let relativeNorm: Double
  /// How many left singular vectors hold the share of the matrix before.
  public let rank: Int
  /// The share of the change outside of their space; nil where nothing changed.
  public let outside: Double?
  /// What it is on average for a random change.
  public let expected: Double
  /// The same share for a harmless tuning of the same model; nil where none was given.
  public let benign: Double?

  /// The share above what a random change has.
  public var excess: Double? { outside.map { $0 - expected } }
}

/// How near prompts lie to the harmful and the harmless mean behind a layer.
public struct ClusterShift: Codable, Sendable, Equatable {
  /// The block.
  public let layer: Int
  /// Before the tuning.
  public let before: Clustering
  /// After it.
  public let after: Clustering

  /// Quartiles of τ: the squared distance to the harmless mean less that to the harmful one, by the squared distance
  /// of the means; 1 at the harmful mean and −1 at the harmless one.
  public struct Clustering: Codable, Sendable, Equatable {
    /// Of harmful prompts that took no part in the means.
    public let harmful: Quartiles
    /// Of harmless ones.
    public let harmless: Quartiles
    /// Of other prompts; nil where none were given.
    public let others: Quartiles?
    /// How often a harmful prompt has the larger τ.
    public let auroc: Double
  }
}

/// Quartiles of some numbers.
public struct Quartiles: Codable, Sendable, Equatable {
  /// A quarter are below.
  public let low: Double
  /// Half are below.
  public let median: Double
  /// Three quarters are below.
  public let high: Double

  /// Takes the quartiles of numbers, of which there is at least one.
  init(_ values: [Double]) {
    let sorted = values.sorted()
    func quantile(_ share: Double) -> Double {
      let place = share * Double(sorted.count - 1)
      let below = Int(place)
      let above = min(below + 1, sorted.count - 1)
      return sorted[below] + (place - Double(below)) * (sorted[above] - sorted[below])
    }
    (low, median, high) = (quantile(0.25), quantile(0.5), quantile(0.75))
  }
}

/// How much a layer's changed MLP inputs read from harmful prompts and from harmless ones.
public struct ShiftReading: Codable, Sendable, Equatable {
  /// The block.
  public let layer: Int
  /// The module's name.
  public let module: String
  /// How often |ΔW z|² / |z|² is larger for a harmful prompt, z being what enters the MLP at the last position; nil where
  /// nothing changed.
  public let auroc: Double?
}
