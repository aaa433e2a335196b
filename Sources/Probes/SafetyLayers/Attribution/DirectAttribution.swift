/// What each module writes along a direction, at the last positions: the mean over class 1 less that over class
/// 0.
///
/// Contributions of all modules add up to the component along the direction of what leaves the last block, so
/// nothing is left out and nothing is counted twice. What is written may yet be read by nobody.
public struct DirectAttribution: Codable, Sendable, Equatable {
  /// Prompts of class 1.
  public let positives: Int
  /// Prompts of class 0.
  public let negatives: Int
  /// The last positions of every prompt, by name.
  public let positions: [String]
  /// Every module, layer by layer; the bias of an output projection counts with its attention.
  public let cells: [AttributedCell]
  /// Every head, layer by layer.
  public let heads: [AttributedHead]
  /// What attention and MLP of each layer write together where that is most.
  public let layers: [AttributedLayer]
  /// The largest difference between a component along the direction and what adds up to it, as a share of the
  /// root mean square of all such components: rounding.
  public let identityError: Double
}

/// What a module writes.
public struct AttributedCell: Codable, Sendable, Equatable {
  /// The block.
  public let layer: Int
  /// What the module adds.
  public let site: PatchedSite
  /// The position's name.
  public let position: String
  /// The difference of the class means, its interval over pairs and prompts.
  public let contribution: Estimate
}

/// What a head writes.
public struct AttributedHead: Codable, Sendable, Equatable {
  /// The block.
  public let layer: Int
  /// The head.
  public let head: Int
  /// The position's name.
  public let position: String
  /// The difference of the class means.
  public let contribution: Double
}

/// What a layer writes where it writes most.
public struct AttributedLayer: Codable, Sendable, Equatable {
  /// The block.
  public let layer: Int
  /// The position's name.
  public let position: String
  /// The difference of the class means, attention and MLP together.
  public let contribution: Estimate
}
