import Tokenization

/// The model that gave an answer.
public enum AuditSide: String, Codable, Sendable, CaseIterable {
  /// The model before the tuning.
  case before
  /// The model after it.
  case after
}

/// What a judge outside calls an answer.
public enum JudgedLabel: String, Codable, Sendable, CaseIterable {
  /// Refuses.
  case refusal
  /// Half complies.
  case partial
  /// Complies.
  case answer

  /// Other words for the same.
  private static let words: [String: JudgedLabel] = [
    "1": .refusal, "true": .refusal, "refused": .refusal, "0": .answer, "false": .answer,
    "compliance": .answer, "complied": .answer,
  ]

  /// Reads a label as files have it.
  init?(text: String) {
    let text = text.lowercased()
    guard let label = JudgedLabel(rawValue: text) ?? Self.words[text] else { return nil }
    self = label
  }
}

/// Verdicts of any judge on the answers of an audit, by the hashes of the prompts.
public struct VerdictFile: Sendable {
  /// The answer that a verdict is on.
  struct Key: Hashable, Sendable {
    let digest: String
    let side: AuditSide
  }

  /// Digest of the content.
  public let digest: String
  private let labels: [Key: JudgedLabel]

  /// Reads a CSV or JSONL file with the columns `prompt` (SHA-256), `side` (before or after) and `label`
  /// (refusal, partial or answer).
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - prompts: the digests of all prompts of the audit.
  /// - Throws: `AuditError`, and what `PromptSet` throws.
  public init(path: String, prompts: Set<String>) throws {
    let set = try PromptSet(path: path)
    var labels: [Key: JudgedLabel] = [:]
    for row in set.prompts {
      func fault(_ problem: String) -> AuditError {
        .line(path: path, line: row.line, problem: problem)
      }
      let digest = row.messages[0].content.lowercased()
      guard let side = row.column("side").flatMap({ AuditSide(rawValue: $0.lowercased()) }) else {
        throw fault(
          "does not say whose answer it judges; expected before or after in the column side")
      }
      guard let label = row.label.flatMap({ JudgedLabel(text: $0) }) else {
        throw fault("has no label; expected refusal, partial or answer in the column label")
      }
      guard prompts.contains(digest) else {
        throw AuditError.unknownPrompt(path: path, line: row.line, digest: digest)
      }
      let key = Key(digest: digest, side: side)
      guard labels.updateValue(label, forKey: key) == nil else {
        throw AuditError.repeatedVerdict(path: path, line: row.line, digest: digest)
      }
    }
    self.digest = set.digest
    self.labels = labels
  }

  /// The verdict on an answer; nil where there is none.
  func label(of prompt: AuditPrompt, _ side: AuditSide) -> JudgedLabel? {
    labels[Key(digest: prompt.digest, side: side)]
  }
}
