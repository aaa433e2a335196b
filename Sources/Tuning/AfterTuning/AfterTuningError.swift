public import ModelFiles

/// What can go wrong with weights after tuning.
public enum AfterTuningError: Failure, Equatable {
  /// Two models cannot be blended.
  case cannotBlend(before: String, after: String, Difference)
  /// A file of weights for blending is not sound.
  case blendWeights(path: String, String)
  /// More modules are to be edited than have an update that can be.
  case tooFewModules(wanted: Int, available: Int)
  /// Two models have the same weights where alignment should have changed them.
  case noAlignment(base: String, aligned: String)
  /// The eigenvectors of a module's change were not found.
  case noEigenvectors(module: String)

  /// The first thing in which two models differ that have to be alike.
  public enum Difference: Sendable, Equatable {
    /// Their configuration: sizes, norms or rotary positions.
    case shape
    /// The type of a tensor.
    case elementType(tensor: String, before: String, after: String)
    /// A token of the vocabulary.
    case token(id: Int)
    /// The number of tokens.
    case tokenCount(before: Int, after: Int)
  }

  public var kind: FailureKind {
    switch self {
    case .cannotBlend, .blendWeights, .noAlignment: .badInput
    case .tooFewModules: .usage
    case .noEigenvectors: .software
    }
  }

  public var description: String {
    switch self {
    case .cannotBlend(let before, let after, let difference):
      "\(ByteString(before)) and \(ByteString(after)) cannot be blended: \(difference.phrase); "
        + "name a model and what tuning made of it."
    case .blendWeights(let path, let problem):
      "\(ByteString(path)) does not say how much each module takes: \(problem)."
    case .tooFewModules(let wanted, let available):
      "\(wanted) modules are to be edited, but only \(available) have an update and a change by alignment; "
        + "ask for fewer."
    case .noAlignment(let base, let aligned):
      "\(ByteString(base)) and \(ByteString(aligned)) have the same weights in every module of the adapter, "
        + "so that alignment changed nothing; name the checkpoint that was aligned, for which there is no "
        + "substitute."
    case .noEigenvectors(let module):
      "The eigenvectors of what alignment changed in \(module) were not found; try --projection raw."
    }
  }
}

extension AfterTuningError.Difference {
  fileprivate var phrase: String {
    switch self {
    case .shape: "they differ in sizes, norms or rotary positions"
    case .elementType(let tensor, let before, let after):
      "\(ByteString(tensor)) is \(before) in one and \(after) in the other"
    case .token(let id): "the token \(id) stands for different bytes"
    case .tokenCount(let before, let after): "one has \(before) tokens and the other \(after)"
    }
  }
}
