public import ModelFiles

/// Why two stores cannot be compared.
public enum StoreComparisonError: Failure, Equatable {
  /// Their rows are not of the same prompts, tokens and positions, or not of the same width.
  case differ(Place, first: Finding, second: Finding)
  /// No site and layer is in both.
  case nothingInCommon(first: Finding, second: Finding)
  /// No commit unit with rows is written in both.
  case noRowInBoth(first: Finding, second: Finding)

  /// Where two stores have to agree.
  public enum Place: Sendable, Equatable {
    /// How many prompts there are.
    case promptCount
    /// The rendered text of a prompt.
    case text(prompt: String)
    /// How many tokens a prompt has.
    case tokenCount(prompt: String)
    /// A token of a prompt, by its position, with its role.
    case token(Int, prompt: String)
    /// How many rows there are.
    case rowCount
    /// What a row is of.
    case row(Int)
    /// The values of a row.
    case width(ActivationDataset)
  }

  /// What one of the stores has there.
  public struct Finding: Sendable, Equatable {
    /// The path it was opened by.
    public let path: String
    /// What was found, in words.
    public let value: String

    /// Notes what was found.
    public init(path: String, value: String) {
      self.path = path
      self.value = value
    }
  }

  public var kind: FailureKind {
    switch self {
    case .differ, .nothingInCommon: .mismatch
    case .noRowInBoth: .tryAgain
    }
  }

  public var description: String {
    switch self {
    case .differ(let place, let first, let second):
      "\(pair(first, second)): \(words(place)) is \(ByteString(first.value)) in the first and "
        + "\(ByteString(second.value)) in the second; \(advice(place))"
    case .nothingInCommon(let first, let second):
      "\(pair(first, second)): no site and layer is in both, the first has "
        + "\(ByteString(first.value)) and the second \(ByteString(second.value)); capture the same "
        + "--sites and --layers"
    case .noRowInBoth(let first, let second):
      "\(pair(first, second)): no row is written in both, \(first.value) units of 64 prompts are "
        + "in the first and \(second.value) in the second; finish the extractions first"
    }
  }

  private func pair(_ first: Finding, _ second: Finding) -> String {
    "\(ByteString(first.path)) and \(ByteString(second.path)) cannot be compared"
  }

  private func words(_ place: Place) -> String {
    switch place {
    case .promptCount: "the number of prompts"
    case .text(let prompt): "the text of prompt \(ByteString(prompt))"
    case .tokenCount(let prompt): "the number of tokens of prompt \(ByteString(prompt))"
    case .token(let index, let prompt): "token \(index) of prompt \(ByteString(prompt))"
    case .rowCount: "the number of rows"
    case .row(let row): "row \(row)"
    case .width(let dataset): "the width of \(ByteString(dataset.name))"
    }
  }

  private func advice(_ place: Place) -> String {
    switch place {
    case .promptCount, .text: "capture the same prompts in the same order"
    case .tokenCount, .token: "capture with tokenizers and templates that give the same tokens"
    case .rowCount, .row: "capture the same --positions"
    case .width: "capture models of the same shape"
    }
  }
}
