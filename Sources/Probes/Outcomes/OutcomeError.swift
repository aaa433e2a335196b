public import ModelFiles

/// What can go wrong when a label column with several classes or numbers is analysed.
public enum OutcomeError: Failure, Equatable {
  /// All labels are the same word, or there is none.
  case oneWord([ByteString])
  /// More distinct words than classes can be told apart, and not all are numbers.
  case tooManyWords(found: Int, limit: Int, example: ByteString)
  /// A class is in too few folds for every training part to have it.
  case classInTooFewFolds(name: String, folds: Int, groups: Int, needed: Int)
  /// All numbers are the same.
  case constantNumbers(value: Double, rows: Int)

  public var kind: FailureKind { .badInput }

  public var description: String {
    switch self {
    case .oneWord(let words):
      """
      the label column has \(words.isEmpty ? "no label" : "only the label \"\(words[0])\""); a probe \
      needs two classes at least, or numbers
      """
    case .tooManyWords(let found, let limit, let example):
      """
      the label column has \(found) distinct labels that are not all numbers, such as "\(example)"; \
      classes are at most \(limit), so name one with --positive or another column with --label
      """
    case .classInTooFewFolds(let name, let folds, let groups, let needed):
      """
      class \(ByteString(name)) occurs in \(groups) group\(groups == 1 ? "" : "s") and so in \(folds) \
      fold\(folds == 1 ? "" : "s"); every training part has all classes only when each is in at least \
      \(needed); leave such prompts out, or name one class with --positive
      """
    case .constantNumbers(let value, let rows):
      "all \(rows) labels are the number \(value); nothing is left to predict"
    }
  }
}
