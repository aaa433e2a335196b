public import Tokenization

/// The last positions of prompts, which hold the same tokens in all of them.
///
/// Those are the template's after the user's text, and behind them what every reply begins with.
public struct TailPositions: Codable, Sendable, Equatable {
  /// What the positions are called, the last one at the end.
  public let names: [String]

  /// How many there are.
  public var count: Int { names.count }

  /// Finds the positions that prompts have in common.
  ///
  /// - Parameters:
  ///   - prompts: what a model reads, with what every reply begins with behind it.
  ///   - replyCount: how many tokens of a reply each ends with.
  public init(_ prompts: [TokenizedPrompt], replyCount: Int = 0) {
    let tails = prompts.map { prompt in
      replyCount
        + prompt.roles.dropLast(replyCount).reversed().prefix { $0 == .tail }.count
    }
    var count = tails.min() ?? 0
    if let first = prompts.first {
      for prompt in prompts {
        count =
          zip(first.ids.reversed(), prompt.ids.reversed()).prefix(count)
          .prefix { $0 == $1 }.count
      }
    }
    // Whatever prompts end with, they have a last position.
    let shared = max(count, 1)
    let hasTail = count > replyCount
    names = (-shared..<0).map { offset in
      if offset >= -replyCount { return "reply[\(replyCount + offset)]" }
      return hasTail
        ? PositionSelector.tailElement(offset + replyCount).description
        : PositionSelector.last.description
    }
  }

  /// Whether positions of these names hold the same tokens in all prompts; the last one of prompts without a
  /// template may not.
  public static func areAlike(_ names: [String]) -> Bool {
    names != [PositionSelector.last.description]
  }

  /// What a position is called, -1 being the last.
  public func name(at offset: Int) -> String { names[names.count + offset] }

  /// Where the positions are in a prompt.
  func positions(in prompt: TokenizedPrompt) -> [Int] {
    Array(prompt.ids.count - count..<prompt.ids.count)
  }
}
