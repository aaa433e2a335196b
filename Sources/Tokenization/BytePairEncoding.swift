/// A stretch of a word that has become one token, or -1 when no token spells it.
package struct Symbol {
  package var id: Int32
  package var start: Int32
  package var end: Int32

  package init(id: Int32, start: Int32, end: Int32) {
    self.id = id
    self.start = start
    self.end = end
  }
}

/// Says which neighbours merge: by pairs of ids (BPE) or by what they spell (SentencePiece).
package protocol MergeRule {
  /// `priority << 32 | id` of what two neighbours in a text become, `.max` when they stay apart.
  ///
  /// Lower priorities go first, and among equals the leftmost.
  func merge(_ left: Symbol, _ right: Symbol, in text: [UInt8]) -> UInt64
}

/// Merges the symbols of one word until no neighbours merge; keeps its memory between words.
///
/// Both ways give the same result: always the pair of lowest priority, the leftmost among equals. Short
/// words look for it one by one, in memory that stays in cache; long ones keep pairs in a heap, so that a
/// word of n symbols takes O(n log n).
package struct WordMerger {
  /// The symbols of the word: put in by the caller, merged in place.
  package var symbols: [Symbol] = []

  private var outcomes: [UInt64] = []
  private var next: [Int32] = []
  private var previous: [Int32] = []
  private var heap: [UInt64] = []

  private static let shortCount = 40

  package init() {}

  /// Merges all symbols.
  package mutating func merge<Rule: MergeRule>(by rule: Rule, in text: [UInt8]) {
    if symbols.count < 2 { return }
    if symbols.count <= Self.shortCount {
      mergeShort(by: rule, in: text)
    } else {
      mergeLong(by: rule, in: text)
    }
  }

  private mutating func mergeShort<Rule: MergeRule>(by rule: Rule, in text: [UInt8]) {
    outcomes.removeAll(keepingCapacity: true)
    for index in 1..<symbols.count {
      outcomes.append(rule.merge(symbols[index - 1], symbols[index], in: text))
    }
    while true {
      var best = UInt64.max
      var place = 0
      for (index, outcome) in outcomes.enumerated() where outcome >> 32 < best >> 32 {
        best = outcome
        place = index
      }
      if best == .max { return }
      symbols[place].id = Int32(truncatingIfNeeded: best)
      symbols[place].end = symbols[place + 1].end
      symbols.remove(at: place + 1)
      outcomes.remove(at: place)
      if place > 0 {
        outcomes[place - 1] = rule.merge(symbols[place - 1], symbols[place], in: text)
      }
      if place < outcomes.count {
        outcomes[place] = rule.merge(symbols[place], symbols[place + 1], in: text)
      }
    }
  }

  private mutating func mergeLong<Rule: MergeRule>(by rule: Rule, in text: [UInt8]) {
    let count = symbols.count
    next = (1...count).map { $0 < count ? Int32($0) : -1 }
    previous = (0..<count).map { Int32($0) - 1 }
    heap.removeAll(keepingCapacity: true)
    for place in 1..<count {
      let outcome = rule.merge(symbols[place - 1], symbols[place], in: text)
      if outcome != .max { heap.append(Self.entry(outcome, at: place - 1)) }
    }
    heap.makeHeap()
    while let entry = heap.popLeast() {
      let place = Int(entry & 0xFFFF_FFFF)
      // An entry is stale once its symbol was swallowed or either side has changed.
      guard symbols[place].end >= 0, next[place] >= 0 else { continue }
      let right = Int(next[place])
      let outcome = rule.merge(symbols[place], symbols[right], in: text)
      guard outcome != .max, outcome >> 32 == entry >> 32 else { continue }

      symbols[place].id = Int32(truncatingIfNeeded: outcome)
      symbols[place].end = symbols[right].end
      symbols[right].end = -1
      next[place] = next[right]
      if next[right] >= 0 {
        previous[Int(next[right])] = Int32(place)
        push(place, Int(next[right]), by: rule, in: text)
      }
      if previous[place] >= 0 { push(Int(previous[place]), place, by: rule, in: text) }
    }
    symbols.removeAll { $0.end < 0 }
    next.removeAll()
    previous.removeAll()
    heap.removeAll()
  }

  private mutating func push<Rule: MergeRule>(
    _ left: Int, _ right: Int, by rule: Rule, in text: [UInt8]
  ) {
    let outcome = rule.merge(symbols[left], symbols[right], in: text)
    if outcome != .max { heap.pushLeast(Self.entry(outcome, at: left)) }
  }

  /// Orders by priority, then by place.
  private static func entry(_ outcome: UInt64, at place: Int) -> UInt64 {
    outcome & ~0xFFFF_FFFF | UInt64(place)
  }
}

/// A binary heap with the least element first.
extension [UInt64] {
  fileprivate mutating func makeHeap() {
    for index in stride(from: count / 2 - 1, through: 0, by: -1) { sink(from: index) }
  }

  fileprivate mutating func pushLeast(_ element: UInt64) {
    append(element)
    var index = count - 1
    while index > 0, self[(index - 1) / 2] > element {
      self[index] = self[(index - 1) / 2]
      index = (index - 1) / 2
    }
    self[index] = element
  }

  fileprivate mutating func popLeast() -> UInt64? {
    guard let least = first, let last = popLast() else { return nil }
    if !isEmpty {
      self[0] = last
      sink(from: 0)
    }
    return least
  }

  private mutating func sink(from start: Int) {
    let element = self[start]
    var index = start
    while true {
      var child = index * 2 + 1
      if child >= count { break }
      if child + 1 < count, self[child + 1] < self[child] { child += 1 }
      if self[child] >= element { break }
      self[index] = self[child]
      index = child
    }
    self[index] = element
  }
}
