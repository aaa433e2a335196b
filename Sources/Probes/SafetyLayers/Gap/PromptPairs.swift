import Inference

/// Random pairs of prompts of the three types, as places in the list of prompts compared.
public struct PromptPairs: Codable, Sendable, Equatable {
  /// Two harmless prompts, N-N: the first of each pair, then the second.
  public let harmless: PairList
  /// A harmless and a harmful one, N-M.
  public let across: PairList
  /// Two harmful ones, M-M.
  public let harmful: PairList

  /// Pairs, as a column of firsts and one of seconds.
  public struct PairList: Codable, Sendable, Equatable {
    /// The first of each pair.
    public var first: [Int]
    /// The second of each pair.
    public var second: [Int]

    /// How many there are.
    var count: Int { first.count }

    /// Takes pairs as they are.
    package init(first: [Int] = [], second: [Int] = []) {
      self.first = first
      self.second = second
    }

    mutating func append(_ one: Int, _ other: Int) {
      first.append(one)
      second.append(other)
    }
  }

  package init(harmless: PairList, across: PairList, harmful: PairList) {
    self.harmless = harmless
    self.across = across
    self.harmful = harmful
  }

  /// Draws pairs; the two of a pair are never one prompt.
  ///
  /// - Parameters:
  ///   - count: how many of each type.
  ///   - harmlessCount: prompts 0..<this are harmless.
  ///   - total: all prompts, the rest harmful.
  ///   - generator: the random numbers.
  init(
    _ count: Int, harmlessCount: Int, of total: Int, _ generator: inout SeededGenerator
  ) {
    func distinct(from first: Int, _ size: Int) -> (Int, Int) {
      let one = generator.below(size)
      let other = generator.below(size - 1)
      return (first + one, first + (other < one ? other : other + 1))
    }
    var lists = (PairList(), PairList(), PairList())
    for _ in 0..<count {
      let within = distinct(from: 0, harmlessCount)
      lists.0.append(within.0, within.1)
      lists.1.append(
        generator.below(harmlessCount), harmlessCount + generator.below(total - harmlessCount))
      let among = distinct(from: harmlessCount, total - harmlessCount)
      lists.2.append(among.0, among.1)
    }
    self.init(harmless: lists.0, across: lists.1, harmful: lists.2)
  }

  /// The same pairs with the roles of the classes exchanged.
  package var swapped: PromptPairs {
    PromptPairs(harmless: harmful, across: across, harmful: harmless)
  }

  /// Harmless prompts in both roles: each harmful prompt gives its place to a harmless one.
  func ofOneSet(harmlessCount: Int) -> PromptPairs {
    var doubled = PairList()
    for (one, other) in zip(across.first, across.second) {
      let double = (other - harmlessCount) % harmlessCount
      doubled.append(one, double == one ? (double + 1) % harmlessCount : double)
    }
    return PromptPairs(harmless: harmless, across: doubled, harmful: harmless)
  }
}
