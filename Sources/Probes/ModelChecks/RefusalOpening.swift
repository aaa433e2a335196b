public import Inference

/// How a model's refusals begin, and what was looked at to say so.
public struct RefusalOpening: Codable, Sendable, Equatable {
  /// The first tokens of refusals.
  public let tokens: RefusalTokens
  /// Tokens that every reply begins with, such as a mark before thoughts; refusal is measured after them.
  public let prefix: [Int32]
  /// Why the tokens are a fixed list and not the model's own; nil where they are its own.
  public let fallback: Fallback?
  /// Replies to prompts of class 1.
  public let positives: ReplyCounts
  /// Replies to prompts of class 0.
  public let negatives: ReplyCounts
  /// The most tokens of a reply.
  public let maxTokens: Int
  /// The list of phrases that told refusals, with its version.
  public let rules: String
  /// The list's digest.
  public let rulesDigest: String

  /// Fewest refusals that first tokens are taken from.
  public static let leastRefusals = 8
  /// Fewest replies that a common beginning is taken from.
  static let leastReplies = 8

  /// Why a fixed list was used.
  public enum Fallback: String, Codable, Sendable {
    /// The model refused too few prompts of class 1.
    case tooFewRefusals = "too_few_refusals"
    /// Refusals begin as answers do.
    case noTellingToken = "no_telling_token"
  }

  /// Replies to prompts of one class.
  public struct ReplyCounts: Codable, Sendable, Equatable {
    /// How many there are.
    public let replies: Int
    /// Those that refuse.
    public let refusals: Int
    /// Those cut at the most tokens.
    public let truncated: Int
  }
}

/// A reply as the opening of refusals is found from it.
package struct LabeledReply: Sendable {
  /// The prompt's class.
  let label: Int
  let ids: [Int32]
  let isRefusal: Bool
  /// Whether it was cut at the most tokens.
  let isTruncated: Bool

  package init(label: Int, ids: [Int32], isRefusal: Bool, isTruncated: Bool) {
    self.label = label
    self.ids = ids
    self.isRefusal = isRefusal
    self.isTruncated = isTruncated
  }
}

extension RefusalOpening {
  /// Finds how refusals begin.
  ///
  /// The first tokens are those of refusals to class 1, without those that also begin replies to class 0
  /// which are no refusals: look-alikes of harmful requests are refused at times, too.
  package init(
    _ replies: [LabeledReply], maxTokens: Int, rules: RefusalRules, fallback: RefusalTokens
  ) {
    let prefix = Self.commonPrefix(replies.map(\.ids))
    func firstTokens(_ isWanted: (LabeledReply) -> Bool) -> [Int32] {
      replies.filter(isWanted).compactMap { $0.ids.dropFirst(prefix.count).first }
    }
    let refusals = firstTokens { $0.label == 1 && $0.isRefusal }
    let derived = RefusalTokens(
      refusalFirstTokens: refusals,
      harmlessFirstTokens: firstTokens { $0.label == 0 && !$0.isRefusal })
    self.prefix = prefix
    if refusals.count < Self.leastRefusals {
      (tokens, self.fallback) = (fallback, .tooFewRefusals)
    } else if let derived {
      (tokens, self.fallback) = (derived, nil)
    } else {
      (tokens, self.fallback) = (fallback, .noTellingToken)
    }
    positives = ReplyCounts(replies.filter { $0.label == 1 })
    negatives = ReplyCounts(replies.filter { $0.label == 0 })
    self.maxTokens = maxTokens
    self.rules = "\(rules.name)-\(rules.version)"
    rulesDigest = rules.digest
  }

  /// What all replies begin with, if there are enough to tell; each has at least one token after it.
  private static func commonPrefix(_ replies: [[Int32]]) -> [Int32] {
    guard let first = replies.first, replies.count >= leastReplies else { return [] }
    let shortest = replies.map(\.count).min() ?? 0
    let length = (0..<max(shortest - 1, 0)).first { place in
      !replies.allSatisfy { $0[place] == first[place] }
    }
    // Replies that are all one text say nothing about where they will part.
    return length.map { Array(first[..<$0]) } ?? []
  }
}

extension RefusalOpening.ReplyCounts {
  fileprivate init(_ replies: [LabeledReply]) {
    self.init(
      replies: replies.count, refusals: replies.count { $0.isRefusal },
      truncated: replies.count { $0.isTruncated })
  }
}
