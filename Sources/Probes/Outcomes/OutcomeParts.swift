/// A predictor that looks at the prompt's text alone, where the label is a class or a number.
public enum OutcomeBaseline: String, Codable, Sendable, CaseIterable {
  /// The most frequent class, or the mean, of the training part.
  case constant
  /// Number of tokens in the user's text.
  case length
  /// Which token ids occur in the user's text.
  case bagOfTokens = "bag_of_tokens"
}

/// The place chosen for one held-out fold.
public struct OutcomeChoice: Codable, Sendable, Equatable {
  /// Name of the place.
  public let cell: String
  /// What it was chosen by, over the inner folds; optimistic, being the best of many.
  public let inner: Double
}

/// Something there is too little of for a headline.
public struct OutcomeObstacle: Codable, Sendable, Equatable {
  /// What is counted.
  public enum Count: String, Codable, Sendable {
    case groups
    case rows
    /// Rows of the smallest class.
    case smallestClass = "smallest_class"
  }
  /// What there is too little of.
  public let count: Count
  /// How many there are.
  public let found: Int
  /// How many a headline needs.
  public let needed: Int

  /// The obstacles among some counts.
  static func among(_ counts: [(Count, found: Int, needed: Int)]) -> [OutcomeObstacle] {
    counts.filter { $0.found < $0.needed }.map {
      OutcomeObstacle(count: $0, found: $1, needed: $2)
    }
  }
}

/// For every outer fold, the candidate whose inner figure is largest; of equals the first.
///
/// The figures are `[candidate, fold]`; nil when in some fold no candidate has one.
func nestedChoice(_ figures: [[Double?]], folds: Int) -> [(candidate: Int, inner: Double)]? {
  var choices: [(candidate: Int, inner: Double)] = []
  for fold in 0..<folds {
    var best: (candidate: Int, inner: Double)?
    for (candidate, inner) in figures.enumerated() {
      if let value = inner[fold], value > best?.inner ?? -.infinity { best = (candidate, value) }
    }
    guard let best else { return nil }
    choices.append(best)
  }
  return choices
}
