import ModelFiles
import Testing
import Tokenization

@Suite("Byte pair encoding")
struct BytePairEncodingTests {
  /// Merges neighbours by a table of ids and keeps nothing else.
  private func merged(_ ids: [Int32], by table: MergeTable) -> [Int32] {
    var merger = WordMerger()
    merger.symbols = ids.enumerated().map {
      Symbol(id: $1, start: Int32($0), end: Int32($0 + 1))
    }
    merger.merge(by: RankedPairs(table: table), in: [])
    #expect(merger.symbols.first?.start == 0)
    #expect(merger.symbols.last?.end == Int32(ids.count))
    return merger.symbols.map(\.id)
  }

  /// The definition, word for word: the lowest rank everywhere, the leftmost of equals.
  private func reference(_ ids: [Int32], by table: MergeTable) -> [Int32] {
    var ids = ids
    while true {
      let outcomes = zip(ids, ids.dropFirst()).map { table.merge($0, $1) }
      guard let best = outcomes.map({ $0 >> 32 }).min(), best != UInt64.max >> 32,
        let place = outcomes.firstIndex(where: { $0 >> 32 == best })
      else { return ids }
      ids[place] = Int32(truncatingIfNeeded: outcomes[place])
      ids.remove(at: place + 1)
    }
  }

  @Test(
    "gives long and short words what the definition gives", arguments: [1, 2, 3, 39, 40, 41, 300])
  func definition(count: Int) {
    var generator = SplitMix(seed: UInt64(count))
    for _ in 0..<40 {
      var table = MergeTable(capacity: 60)
      for rank in 0..<60 {
        let left = Int32(generator.below(4 + rank))
        let right = Int32(generator.below(4 + rank))
        _ = table.insert(left, right, rank: rank, result: Int32(4 + rank))
      }
      let ids = (0..<count).map { _ in Int32(generator.below(4)) }
      #expect(merged(ids, by: table) == reference(ids, by: table))
    }
  }

  @Test("takes the leftmost of equal pairs")
  func leftmost() {
    var table = MergeTable(capacity: 1)
    let isNew = table.insert(0, 0, rank: 0, result: 1)
    #expect(isNew)
    #expect(merged([0, 0, 0], by: table) == [1, 0])
    #expect(merged([Int32](repeating: 0, count: 101), by: table).last == 0)
  }

  @Test("refuses a pair that is there already")
  func repeatedPair() {
    var table = MergeTable(capacity: 2)
    let areNew = [
      table.insert(3, 4, rank: 0, result: 5), table.insert(3, 4, rank: 1, result: 6),
      table.insert(4, 3, rank: 1, result: 6),
    ]
    #expect(areNew == [true, false, true])
    #expect(table.byRank.map(\.left) == [3, 4])
    #expect(table.merge(5, 5) == .max)
  }

  @Test(
    "stays fast on one endless word or run of spaces",
    arguments: ["a", " ", "ab", "\n", "é", "1", "'"], ["smollm2", "llama3", "llama2", "qwen2"])
  func endless(unit: String, family: String) throws {
    let tokenizer = try TokenizerGoldens.tokenizer(family)
    let text = Array(String(repeating: unit, count: 40_000).utf8)
    let tokens = tokenizer.encode(text)
    #expect(tokenizer.decode(tokens.map(\.id)).utf8.elementsEqual(text))
  }

  @Test("finds a token by its bytes and by two parts of them")
  func vocabulary() throws {
    let vocabulary = try Vocabulary(["ab", nil, "", "a", "abc"])
    let text = Array("abc".utf8)
    #expect(vocabulary.count == 5)
    #expect(vocabulary.id(of: text, 0..<3) == 4)
    #expect(vocabulary.id(of: text, 0..<1, 1..<2) == 0)
    #expect(vocabulary.id(of: [0x61], and: [0x62]) == 0)
    #expect(vocabulary.id(of: text, 1..<2) == nil)
    #expect(vocabulary.id(of: text, 1..<1) == nil)
    #expect(vocabulary[1].isEmpty && vocabulary[2].isEmpty)
    #expect(throws: Vocabulary.Collision.self) { try Vocabulary(["x", "y", "x"]) }
  }
}

/// A small seeded generator.
private struct SplitMix {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func below(_ limit: Int) -> Int {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return Int((mixed ^ mixed >> 31) % UInt64(limit))
  }
}
