public import ModelFiles

/// Why modules cannot be judged.
public enum ModuleStudyError: Failure, Equatable {
  /// The classifier does not tell the prompts apart well enough before anything is disturbed.
  case classifierUnusable(recall: Double, benignRecall: Double, prompts: Int)

  public var kind: FailureKind { .badInput }

  public var description: String {
    switch self {
    case .classifierUnusable(let recall, let benignRecall, let prompts):
      """
      classifier unusable: on \(prompts) prompts that it was not fitted on it calls \(Self.percent(recall)) of \
      those with label 1 harmful and \(Self.percent(benignRecall)) of those with label 0 harmless, but \
      \(Self.percent(SeparationFigures.leastRecall)) of either are needed for disturbances to be judged by it; \
      give prompts whose labels the model (of two, the one before) tells apart, such as harmful and ordinary \
      requests
      """
    }
  }

  private static func percent(_ share: Double) -> String {
    let tenths = Int((1000 * share).rounded())
    return tenths % 10 == 0 ? "\(tenths / 10) %" : "\(tenths / 10).\(tenths % 10) %"
  }
}
