/// What a mixed training set was made of, to repeat it and to judge it by.
public struct MixManifest: Sendable, Codable, Equatable {
  /// One added example.
  public struct Added: Sendable, Codable, Equatable {
    /// Its line in the mixed set, from 1.
    public let line: Int
    /// Its place among the safety examples, from 0.
    public let index: Int
    /// Its name there.
    public let id: String
    /// The options that were drawn, empty where there are none.
    public let options: [String]
    /// Whether sentences of its answer were left out.
    public let cut: Bool
  }

  /// A file by its content.
  public struct File: Sendable, Codable, Equatable {
    /// Its path as given.
    public let path: String
    /// SHA-256 of its bytes.
    public let sha256: String
    /// How many examples it holds.
    public let examples: Int
  }

  /// The version of this form.
  public static let schema = 1

  /// The version of the form it has.
  public let schema: Int
  /// The version of the tool that made it.
  public let tool: String
  /// In which form examples were added.
  public let arm: MixingRequest.Arm
  /// The seed.
  public let seed: UInt64
  /// Whether added examples are spread evenly.
  public let stratified: Bool
  /// The rate that was asked for, relative to the user's examples.
  public let rate: Double
  /// Added examples per example of the user's.
  public let rateByExamples: Double
  /// Length of the added answers per length of the user's, which is what carries loss.
  public let rateByAnswerLength: Double
  /// The unit of lengths: "words" or "tokens".
  public let lengthUnit: String
  /// Added examples per example of the whole set.
  public let shareOfTotal: Double
  /// How often an example was taken at most.
  public let repeatFactor: Int
  /// Safety examples that were left out, by reason.
  public let rejections: [String: Int]
  /// Mean share of the template's fixed segments that added prompts have; nil where none was added.
  public let formatMatch: Double?
  /// What learning the user's form came to.
  public let format: UserFormat.Finding
  /// The list of phrases that refusals were known by, with its version.
  public let refusalRules: String
  /// SHA-256 of that list.
  public let refusalRulesDigest: String
  /// The user's set.
  public let data: File
  /// The safety set.
  public let safety: File
  /// The mixed set.
  public let mixed: File
  /// Wrappers in the user's data that are known to weaken refusals.
  public let riskyStyles: [RiskyStyle]
  /// What a person should know.
  public let warnings: [String]
  /// The added examples in the order of the set.
  public let added: [Added]
}

extension SafetyMix {
  /// What a person should know about the set.
  public var warnings: [String] {
    var warnings = riskyStyles.map(\.sentence)
    if request.arm == .mimic, format.isPlain {
      warnings.append(
        format.finding == .plain
          ? "Prompts have no form of their own, so that mimic equals base."
          : format.finding == .severalFormats
            ? "Prompts have several forms and no common template, so that mimic equals base; mix each form "
              + "by itself."
            : "No template explains enough of the prompts, so that mimic equals base.")
    }
    if severalTurnCount > 0 {
      warnings.append(
        "\(severalTurnCount) conversations of several turns were kept as they are; no form was learned from "
          + "them.")
    }
    if repeatFactor > 1 {
      warnings.append(
        "There are too few safety examples: some are in the set \(repeatFactor) times.")
    }
    if !rejections.isEmpty {
      warnings.append(
        "Safety examples were left out: \(Self.described(rejections).joined(separator: ", ")).")
    }
    let byExamples = Double(added.count) / Double(items.count - added.count)
    let byLength = rateByAnswerLength
    if byExamples > 0, byLength > 2 * byExamples || byLength < byExamples / 2 {
      warnings.append(
        "By length of answers the rate is \(Self.rounded(byLength)), by examples \(Self.rounded(byExamples)); "
          + "the loss sees the former.")
    }
    return warnings
  }

  /// Length of the added answers per length of the user's.
  public var rateByAnswerLength: Double {
    answerLengths.user == 0 ? 0 : Double(answerLengths.added) / Double(answerLengths.user)
  }

  private static func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }
}
