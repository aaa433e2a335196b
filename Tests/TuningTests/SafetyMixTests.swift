import Testing
import Tuning

@Suite("Mixing safety examples in")
struct SafetyMixTests {
  private static let user = MixingFixture.choices(1000)
  private static let safety = MixingFixture.safety(200)

  @Test("at rate 0 the set is the user's", arguments: MixingRequest.Arm.allCases)
  func nothing(arm: MixingRequest.Arm) throws {
    let mix = try MixingFixture.mix(Self.user, Self.safety, arm, rate: 0)
    #expect(mix.items == Self.user.indices.map(SafetyMix.Item.user))
    #expect(mix.repeatFactor == 0)
    #expect(mix.formatMatch == nil)
    let none = try MixingFixture.mix(Self.user, Self.safety, .none, rate: 0.5)
    #expect(none.items == mix.items)
  }

  @Test(
    "counts are the rounded product of rate and examples",
    arguments: [(1000, 0.01, 10), (1000, 0.05, 50), (7, 0.1, 1), (1000, 0.5, 500), (4, 0.1, 0)])
  func counts(userCount: Int, rate: Double, expected: Int) throws {
    for arm in [MixingRequest.Arm.base, .longest, .mimic] {
      let mix = try MixingFixture.mix(
        Array(Self.user.prefix(userCount)), Self.safety, arm, rate: rate)
      #expect(mix.added.count == expected)
      #expect(mix.items.count == userCount + expected)
      #expect(mix.items.filter { if case .user = $0 { true } else { false } }.count == userCount)
    }
  }

  @Test("too few safety examples are repeated in whole passes")
  func repeats() throws {
    let mix = try MixingFixture.mix(
      Array(Self.user.prefix(100)), MixingFixture.safety(3), .base, rate: 0.1)
    #expect(mix.repeatFactor == 4)
    let uses = Dictionary(mix.added.map { ($0.index, 1) }, uniquingKeysWith: +)
    #expect(uses.values.sorted() == [3, 3, 4])
    #expect(mix.warnings.contains { $0.contains("4 times") })
    let enough = try MixingFixture.mix(Self.user, Self.safety, .base, rate: 0.2)
    #expect(enough.repeatFactor == 1)
    #expect(Set(enough.added.map(\.index)).count == 200)
  }

  @Test("every window of eleven holds an added example at rate 0.1", arguments: [UInt64](0..<8))
  func windows(seed: UInt64) throws {
    let mix = try MixingFixture.mix(
      Array(Self.user.prefix(400)), Self.safety, .base, rate: 0.1, seed: seed)
    #expect(Self.longestRun(mix) <= 10)
    let uneven = try MixingFixture.mix(
      Array(Self.user.prefix(397)), Self.safety, .base, rate: 0.07, seed: seed)
    let width = (uneven.items.count + uneven.added.count - 1) / uneven.added.count
    #expect(Self.longestRun(uneven) < width)
  }

  /// The most examples of the user's in a row.
  private static func longestRun(_ mix: SafetyMix) -> Int {
    var longest = 0
    var run = 0
    for item in mix.items {
      if case .user = item { run += 1 } else { run = 0 }
      longest = max(longest, run)
    }
    return longest
  }

  @Test("a seed gives one set, another seed another; scattered sets are not spread")
  func seeds() throws {
    let first = try MixingFixture.mix(Self.user, Self.safety, .mimic, rate: 0.1, seed: 5)
    let same = try MixingFixture.mix(Self.user, Self.safety, .mimic, rate: 0.1, seed: 5)
    let other = try MixingFixture.mix(Self.user, Self.safety, .mimic, rate: 0.1, seed: 6)
    #expect(first.items == same.items)
    #expect(first.items != other.items)
    let scattered = try MixingFixture.mix(
      Self.user, Self.safety, .mimic, rate: 0.1, seed: 5, isStratified: false)
    #expect(scattered.added.count == 100)
    #expect(Self.longestRun(scattered) > 20)
  }

  @Test("longest takes only those with the longest answers")
  func longest() throws {
    let mix = try MixingFixture.mix(Self.user, Self.safety, .longest, rate: 0.05)
    let lengths = Self.safety.map { TextLength.words($0.exchange.answer) }.sorted(by: >)
    #expect(mix.added.count == 50)
    #expect(mix.added.allSatisfy { TextLength.words($0.exchange.answer) >= lengths[49] })
    let many = try MixingFixture.mix(Self.user, Self.safety, .longest, rate: 0.3)
    #expect(Set(many.added.map(\.index)).count == MixingRequest.longestCount)
    #expect(many.repeatFactor == 3)
  }

  @Test("mimic has the user's form, base has not, and lengths are counted")
  func match() throws {
    let mimic = try MixingFixture.mix(Self.user, Self.safety, .mimic, rate: 0.1)
    let base = try MixingFixture.mix(Self.user, Self.safety, .base, rate: 0.1)
    #expect(mimic.formatMatch == 1)
    #expect(base.formatMatch == 0)
    #expect(mimic.answerLengths.user == 1000)
    #expect(mimic.rateByAnswerLength > 1)
    #expect(mimic.warnings.contains { $0.hasPrefix("By length of answers") })
  }

  @Test("conversations of several turns are kept but not learned from")
  func severalTurns() throws {
    let user = Self.user.prefix(100).enumerated().map { $0.offset < 10 ? nil : $0.element }
    let mix = try SafetyMix(
      user: user, userAnswers: Self.user.prefix(100).map(\.answer),
      safety: [nil] + Self.safety.prefix(20).map(Optional.some),
      request: MixingRequest(arm: .mimic, rate: 0.1))
    #expect(mix.items.count == 110)
    #expect(mix.severalTurnCount == 10)
    #expect(mix.rejections == [.severalTurns: 1])
    #expect(mix.warnings.contains { $0.contains("10 conversations of several turns") })
  }

  @Test("rates that are no share, and sets with nothing to use, are refused")
  func refusals() throws {
    for rate in [-0.1, 1.5, .nan, .infinity] {
      #expect(throws: MixingError.self) {
        try MixingFixture.mix(Self.user, Self.safety, .base, rate: rate)
      }
    }
    var useless = Self.safety[0]
    useless.exchange.answer = "Yes."
    #expect(throws: MixingError.self) {
      try MixingFixture.mix(Self.user, [useless], .mimic, rate: 0.1)
    }
  }
}
