/// What a figure measures, and how charts show it.
enum Measure: Sendable, CaseIterable {
  /// Area under the ROC curve of two classes.
  case auroc
  /// The mean of such areas, each of one class against the others.
  case macroAuroc
  /// Share of the variance of numbers that is explained.
  case rSquared

  /// The name in text and on axes.
  var words: String {
    switch self {
    case .auroc: "AUROC"
    case .macroAuroc: "macro AUROC"
    case .rSquared: "R²"
    }
  }

  /// Whether figures are shown with their sign.
  var isSigned: Bool { self == .rSquared }

  /// What guessing gives.
  var ofGuessing: Double {
    switch self {
    case .auroc, .macroAuroc: 0.5
    case .rSquared: 0
    }
  }

  /// Values that a chart over the layers always shows, lest small differences look large.
  var usualRange: ClosedRange<Double> { ofGuessing...ofGuessing + 0.2 }

  /// The name of a chart of several results of this measure.
  func chartName(_ name: String) -> String {
    self == .auroc ? name : "\(name)-\(words.replacing("²", with: "-squared").asSlug)"
  }
}
