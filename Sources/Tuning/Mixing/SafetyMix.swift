public import Inference

/// A training set with safety examples among it.
public struct SafetyMix: Sendable {
  /// One example of the set.
  public enum Item: Sendable, Hashable {
    /// An example of the user's, by its place in their set.
    case user(Int)
    /// One of the safety examples.
    case added(AddedExample)
  }

  /// The request.
  public let request: MixingRequest
  /// The examples in order: the user's in theirs, with the added ones between them.
  public let items: [Item]
  /// What was learned about the user's data.
  public let format: UserFormat
  /// How often an example was taken at most; 0 where none was.
  public let repeatFactor: Int
  /// How many safety examples were left out, by reason.
  public let rejections: [RewriteRejection: Int]
  /// Lengths of the answers of the user's and of the added examples, all together.
  public let answerLengths: (user: Int, added: Int)
  /// Mean share of the template's fixed segments that the added prompts have; nil where none was added.
  public let formatMatch: Double?
  /// Wrappers in the user's data that are known to weaken refusals.
  public let riskyStyles: [RiskyStyle]
  /// How many of the user's conversations have several turns.
  public let severalTurnCount: Int

  /// Mixes.
  ///
  /// - Parameters:
  ///   - user: the user's examples; nil for a conversation of several turns, which is kept as it is.
  ///   - userAnswers: the answers of all of them.
  ///   - safety: the safety examples; nil for those of several turns, which are left out.
  ///   - request: how.
  ///   - rules: what counts as a refusal.
  ///   - length: how answers are measured.
  /// - Throws: `MixingError` where the rate is no share, or where there are no examples of one turn.
  public init(
    user: [Exchange?], userAnswers: [String], safety: [SafetyExample?], request: MixingRequest,
    rules: RefusalRules = .general, length: TextLength = .words
  ) throws(MixingError) {
    precondition(user.count == userAnswers.count, "\(user.count) and \(userAnswers.count) answers")
    guard (0...1).contains(request.rate) else { throw .rate(request.rate) }
    let examples = user.compactMap(\.self)
    guard !examples.isEmpty else { throw .noExchanges(path: "The training set") }
    self.request = request
    let format = UserFormat(learning: examples, length: length, seed: request.seed)
    self.format = format
    riskyStyles = RiskyStyle.find(in: examples, format: format)
    severalTurnCount = user.count - examples.count

    let count = request.addedCount(to: user.count)
    var pool: [AddedExample] = []
    var rejections: [RewriteRejection: Int] = [:]
    if count > 0 {
      let rewriter = SafetyRewriter(
        format: format, examples: examples, rules: rules, length: length, seed: request.seed)
      for (index, example) in safety.enumerated() {
        do throws(RewriteRejection) {
          guard let example else { throw .severalTurns }
          pool.append(
            request.arm == .mimic
              ? try rewriter.rewrite(example, index: index)
              : AddedExample(index: index, example))
        } catch {
          rejections[error, default: 0] += 1
        }
      }
    }
    self.rejections = rejections
    if request.arm == .longest {
      pool = Self.longest(pool, count: min(MixingRequest.longestCount, count), length)
    }
    guard count == 0 || !pool.isEmpty else {
      throw .nothingToMix(
        path: "the safety set", count: safety.count,
        rejections: Self.described(rejections))
    }
    let added = Self.selection(of: count, among: pool.count, seed: request.seed).map { pool[$0] }
    repeatFactor = count == 0 ? 0 : (count + pool.count - 1) / pool.count
    items = Self.merged(added, userCount: user.count, request)
    answerLengths = (
      userAnswers.reduce(0) { $0 + length($1) },
      added.reduce(0) { $0 + length($1.exchange.answer) }
    )
    formatMatch =
      added.isEmpty
      ? nil
      : added.reduce(0) { $0 + format.template.fixedShare(of: $1.exchange.user) }
        / Double(added.count)
  }

  /// The added examples in order.
  public var added: [AddedExample] {
    items.compactMap { item in
      if case .added(let example) = item { example } else { nil }
    }
  }

  /// The reasons for which examples were left out, each with how many.
  static func described(_ rejections: [RewriteRejection: Int]) -> [String] {
    RewriteRejection.allCases.compactMap { reason in
      rejections[reason].map { "\($0) \(reason.phrase)" }
    }
  }

  /// Those with the longest answers, in their own order; of equals the first.
  private static func longest(
    _ pool: [AddedExample], count: Int, _ length: TextLength
  ) -> [AddedExample] {
    let lengths = pool.map { length($0.exchange.answer) }
    let order = pool.indices.sorted { (lengths[$0], $1) > (lengths[$1], $0) }
    return order.prefix(count).sorted().map { pool[$0] }
  }

  /// Which examples are taken: whole passes in fresh orders, so that none is taken twice more than another.
  private static func selection(of count: Int, among available: Int, seed: UInt64) -> [Int] {
    var draws = SeededGenerator(seed: seed, stream: TuningStream.selection)
    var selected: [Int] = []
    while selected.count < count {
      selected += draws.permutation(of: available).prefix(count - selected.count)
    }
    return selected
  }

  /// The user's examples in their order, with the added ones at their places.
  private static func merged(
    _ added: [AddedExample], userCount: Int, _ request: MixingRequest
  ) -> [Item] {
    let total = userCount + added.count
    var draws = SeededGenerator(seed: request.seed, stream: TuningStream.places)
    let places: [Int]
    if added.isEmpty {
      places = []
    } else if request.isStratified {
      // Equal steps from a random start: neighbors are at most total / added, rounded up, apart.
      let start = draws.below(total)
      places = added.indices.map { ($0 * total + start) / added.count }
    } else {
      places = draws.permutation(of: total).prefix(added.count).sorted()
    }
    var items: [Item] = []
    items.reserveCapacity(total)
    var next = 0
    for (example, place) in zip(added, places) {
      while items.count < place {
        items.append(.user(next))
        next += 1
      }
      items.append(.added(example))
    }
    return items + (next..<userCount).map(Item.user)
  }
}
