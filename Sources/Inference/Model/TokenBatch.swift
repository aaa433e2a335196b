public import Tokenization

/// Token sequences stacked without padding.
public struct TokenBatch: Sendable {
  /// One run of rows that attend to each other.
  public struct Sequence: Sendable, Hashable {
    /// The sequence's rows in the batch.
    public let rows: Range<Int>
    /// Position of its first row: 0, or the tokens already in its cache.
    public let firstPosition: Int
  }

  /// Token ids of all sequences, one after the other.
  public private(set) var tokens: [Int32] = []
  /// Where each token comes from; as long as `tokens`.
  public private(set) var roles: [PositionRole] = []
  /// The sequences, in order.
  public private(set) var sequences: [Sequence] = []

  /// Makes an empty batch.
  public init() {}

  /// Stacks whole prompts.
  public init(_ prompts: some Swift.Sequence<TokenizedPrompt>) {
    for prompt in prompts { append(prompt.ids, roles: prompt.roles) }
  }

  /// Adds a sequence that starts, or continues a cache, at a position.
  ///
  /// - Parameters:
  ///   - ids: token ids, not empty.
  ///   - roles: where each token comes from; nil for tokens that the model wrote.
  ///   - firstPosition: tokens already in the sequence's cache.
  public mutating func append(_ ids: [Int32], roles: [PositionRole]? = nil, firstPosition: Int = 0)
  {
    precondition(!ids.isEmpty, "a sequence must have at least one token")
    precondition(
      roles == nil || roles?.count == ids.count, "a role for each of \(ids.count) tokens")
    sequences.append(
      Sequence(rows: tokens.count..<tokens.count + ids.count, firstPosition: firstPosition))
    tokens += ids
    self.roles += roles ?? Array(repeating: .assistant, count: ids.count)
  }

  /// The last row of each sequence.
  public var lastRows: [Int] { sequences.map { $0.rows.upperBound - 1 } }

  /// The rows of each sequence and the position of the first of them.
  var sequencePlaces: [(rows: Range<Int>, firstPosition: Int)] {
    sequences.map { ($0.rows, $0.firstPosition) }
  }

  /// The most positions any sequence reaches.
  var positionCount: Int {
    sequences.map { $0.firstPosition + $0.rows.count }.max() ?? 0
  }
}
