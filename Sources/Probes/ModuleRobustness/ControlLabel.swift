/// Something about a prompt that has nothing to do with what is asked for, to be told by a probe of its own.
public enum ControlLabel: String, Codable, Sendable, CaseIterable {
  /// Whether the prompt mentions a number.
  case number
  /// Whether the prompt ends in a question mark.
  case question
  /// Whether the prompt is longer than most of its own class.
  case length

  /// The smallest share of prompts that either side of a control must have.
  static let leastShare = 0.15
  /// The area under the ROC curve from which a probe of it is worth disturbing.
  public static let leastArea = 0.9

  /// 1 where it holds.
  ///
  /// - Parameters:
  ///   - prompts: the prompts, with the user's tokens.
  ///   - texts: what the user wrote in each.
  /// - Returns: a label for each prompt.
  package func labels(_ prompts: [ProbePrompt], texts: [String]) -> [Int] {
    switch self {
    case .number: return texts.map { $0.contains { $0.isASCII && $0.isNumber } ? 1 : 0 }
    case .question:
      return texts.map { $0.last { !$0.isWhitespace } == "?" ? 1 : 0 }
    case .length:
      let medians = [0, 1].map { label in
        let lengths = prompts.filter { $0.label == label }.map(\.userTokens.count).sorted()
        return lengths.isEmpty ? 0 : lengths[lengths.count / 2]
      }
      return prompts.map { $0.userTokens.count > medians[$0.label] ? 1 : 0 }
    }
  }

  /// Whether labels divide prompts into parts that are both large enough.
  static func divides(_ labels: [Int]) -> Bool {
    let share = Double(labels.reduce(0, +)) / Double(max(labels.count, 1))
    return share >= leastShare && share <= 1 - leastShare
  }
}

/// The probe of something unrelated, beside which a map is read.
public struct ControlProbe: Codable, Sendable, Equatable {
  /// What it tells.
  public let label: ControlLabel
  /// How well it does on the prompts that are disturbed.
  public let figures: SeparationFigures

  /// Whether it tells it well enough for its losses to be compared.
  public var isUsable: Bool { figures.auroc >= ControlLabel.leastArea }
}
