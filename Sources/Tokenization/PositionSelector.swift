/// Which positions of a prompt are meant, written as on the command line.
public enum PositionSelector: Hashable, Sendable {
  /// `last`: the last token.
  case last
  /// `all`: every token.
  case all
  /// `mean`: the mean over every token.
  case mean
  /// `user`: every token with user content.
  case user
  /// `user.first`: the first token with user content.
  case userFirst
  /// `user.last`: the last token with user content.
  case userLast
  /// `assistant.first`: the first token with assistant content.
  case assistantFirst
  /// `template.tail`: every token of the template after the content of the last message.
  case tail
  /// `template.tail[k]`: one of them, counted from the first one (0) or, when negative, from the last (-1).
  case tailElement(Int)

  /// Reads a selector.
  ///
  /// - Throws: `TokenizationError.position` when there is no such selector.
  public init(_ text: String) throws(TokenizationError) {
    let plain: [PositionSelector] = [
      .last, .all, .mean, .user, .userFirst, .userLast, .assistantFirst, .tail,
    ]
    if let known = plain.first(where: { $0.description == text }) {
      self = known
    } else if text.hasPrefix("template.tail["), text.hasSuffix("]"),
      let index = Int(text.dropFirst("template.tail[".count).dropLast())
    {
      self = .tailElement(index)
    } else {
      throw .position(.unknown(text))
    }
  }

  /// Whether one row is made of all positions instead of one row of each.
  public var isPooled: Bool { self == .mean }

  /// The positions a prompt has for the selector, in order, at least one.
  ///
  /// - Parameter prompt: the tokenized prompt.
  /// - Returns: indices of its tokens.
  /// - Throws: `TokenizationError.position` when the prompt has no such position.
  public func positions(in prompt: TokenizedPrompt) throws(TokenizationError) -> [Int] {
    func indices(of role: PositionRole) throws(TokenizationError) -> [Int] {
      let found = prompt.roles.indices.filter { prompt.roles[$0] == role }
      guard !found.isEmpty else { throw .position(.absent(selector: self, role: role)) }
      return found
    }
    switch self {
    case .last: return [prompt.ids.count - 1]
    case .all, .mean: return Array(prompt.ids.indices)
    case .user: return try indices(of: .user)
    case .userFirst: return Array(try indices(of: .user).prefix(1))
    case .userLast: return Array(try indices(of: .user).suffix(1))
    case .assistantFirst: return Array(try indices(of: .assistant).prefix(1))
    case .tail: return try indices(of: .tail)
    case .tailElement(let index):
      let tail = try indices(of: .tail)
      let offset = index < 0 ? tail.count + index : index
      guard tail.indices.contains(offset) else {
        throw .position(.outsideTail(index: index, count: tail.count))
      }
      return [tail[offset]]
    }
  }
}

extension PositionSelector: CustomStringConvertible {
  /// The selector as it is written on the command line.
  public var description: String {
    switch self {
    case .last: "last"
    case .all: "all"
    case .mean: "mean"
    case .user: "user"
    case .userFirst: "user.first"
    case .userLast: "user.last"
    case .assistantFirst: "assistant.first"
    case .tail: "template.tail"
    case .tailElement(let index): "template.tail[\(index)]"
    }
  }
}

/// What can be wrong with a position that was asked for.
public enum PositionFault: Equatable, Sendable {
  /// There is no selector of this name.
  case unknown(String)
  /// No token of the prompt has the role.
  case absent(selector: PositionSelector, role: PositionRole)
  /// The tail of the template has fewer tokens.
  case outsideTail(index: Int, count: Int)
}

extension PositionFault {
  var sentence: String {
    switch self {
    case .unknown(let text):
      "There is no position \"\(shown(text))\"; known are last, all, mean, user, user.first, "
        + "user.last, assistant.first, template.tail and template.tail[k], with k from 0 or, from the "
        + "end, from -1."
    case .absent(let selector, .user):
      "The prompt has no position \(selector): no token comes from a user message."
    case .absent(let selector, .assistant):
      "The prompt has no position \(selector): no token comes from an assistant message."
    case .absent(let selector, _):
      "The prompt has no position \(selector): the template writes nothing after the content of the "
        + "last message, or that content is empty, or --raw leaves the template out."
    case .outsideTail(let index, let count):
      "The prompt has no position template.tail[\(index)]: its tail has \(count) tokens, so k goes "
        + "from \(-count) to \(count - 1)."
    }
  }
}
