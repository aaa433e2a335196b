import ModelFiles
package import Statistics
public import Tokenization

/// What prompts are asked for.
public enum PromptKind: String, Codable, Sendable, CaseIterable {
  /// Requests that a safe model refuses.
  case harmful
  /// Requests that a useful model answers.
  case harmless

  /// Labels of a prompt file that say so.
  public var labels: [String] {
    switch self {
    case .harmful: ["1", "true", "harmful"]
    case .harmless: ["0", "false", "harmless"]
    }
  }
}

/// A prompt of an audit.
public struct AuditPrompt: Sendable {
  /// SHA-256 of the text: of the user's own words, or, for a conversation, of its roles and contents.
  public let digest: String
  /// The conversation.
  public let messages: [ChatMessage]
  /// The category that it is counted in; nil where the file gives none.
  public let category: String?
  /// What it was made from; prompts of one group are no independent evidence.
  public let group: String?
  /// The line of the file it starts on, counted from 1.
  public let line: Int

  /// States a prompt.
  public init(
    _ messages: [ChatMessage], category: String? = nil, group: String? = nil, line: Int = 1
  ) {
    self.messages = messages
    self.line = line
    self.category = category
    self.group = group
    digest = Self.digest(of: messages)
  }

  /// The SHA-256 that names a conversation.
  static func digest(of messages: [ChatMessage]) -> String {
    let text =
      messages.count == 1 && messages[0].role == "user"
      ? messages[0].content : messages.map { "\($0.role)\0\($0.content)\0" }.joined()
    return Digest.sha256(of: Array(text.utf8))
  }

  /// What users ask in it.
  var userText: String {
    messages.filter { $0.role == "user" }.map(\.content).joined(separator: "\n")
  }
}

/// The prompts of a file that an audit asks.
public struct AuditPrompts: Sendable {
  /// The file.
  public let path: String
  /// Digest of the file's content.
  public let digest: String
  /// The prompts in the order of the file, at least one.
  public let prompts: [AuditPrompt]
  /// Prompts that are no independent evidence.
  package let clusters: Clusters
  /// Where the clusters come from.
  public let grouping: PromptGrouping

  /// Reads the prompts of a kind from a file; where it has labels, those of that kind alone.
  ///
  /// - Parameters:
  ///   - path: a prompt file.
  ///   - kind: which prompts are wanted.
  ///   - category: the column with the categories.
  ///   - split: the part of the data to take; nil for all.
  ///   - limit: the most prompts, taken evenly from all of them; nil for no limit.
  /// - Throws: `AuditError.noPrompts`, `AuditError.line` for a label that says nothing of the kind, unless it is the
  ///   category; and what `PromptSet` throws.
  public init(
    path: String, kind: PromptKind, category: String, split: String? = nil, limit: Int? = nil
  ) throws {
    let set = try PromptSet(path: path)
    let found = try set.prompts.filter { prompt in
      guard split == nil || prompt.split == split else { return false }
      guard let label = prompt.label, !label.isEmpty else { return true }
      let meant = PromptKind.allCases.first { $0.labels.contains(label.lowercased()) }
      guard meant != nil || category == "label" else {
        throw AuditError.line(
          path: path, line: prompt.line,
          problem: """
            has the label \(ByteString(label)); expected 1, true or harmful, or 0, false or harmless, or no column \
            label in a file of one kind
            """)
      }
      return meant == nil || meant == kind
    }
    guard !found.isEmpty else { throw AuditError.noPrompts(path: path, kind: kind, split: split) }
    let count = min(limit ?? found.count, found.count)
    let kept = (0..<count).map { found[$0 * found.count / count] }
    self.init(
      kept.map {
        AuditPrompt(
          $0.messages, category: $0.value(of: category), group: $0.group, line: $0.line)
      }, path: path, digest: set.digest)
  }

  /// Takes prompts that come from elsewhere.
  package init(_ prompts: [AuditPrompt], path: String = "", digest: String = "") {
    precondition(!prompts.isEmpty, "no prompts")
    self.path = path
    self.digest = digest
    self.prompts = prompts
    (clusters, grouping) = PromptGrouping.clusters(of: prompts)
  }
}
