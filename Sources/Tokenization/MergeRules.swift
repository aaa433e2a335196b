/// Neighbours merge when their pair is in a table (BPE).
package struct RankedPairs: MergeRule, Sendable {
  let table: MergeTable

  package init(table: MergeTable) {
    self.table = table
  }

  package func merge(_ left: Symbol, _ right: Symbol, in text: [UInt8]) -> UInt64 {
    table.merge(left.id, right.id)
  }
}

/// Neighbours merge when what they spell is a token, the highest score first (SentencePiece).
package struct ScoredTexts: MergeRule, Sendable {
  private let vocabulary: Vocabulary
  /// By id: 0 for the highest score, one for all tokens of equal score, `.max` for what is never made.
  let priorities: [UInt32]

  /// A rule by which no text becomes a `blocked` token.
  init(_ vocabulary: Vocabulary, scores: [Float], blocked: Set<Int32>) {
    self.vocabulary = vocabulary
    var priorities = [UInt32](repeating: .max, count: scores.count)
    var priority: UInt32 = 0
    var last: Float?
    for id in scores.indices.sorted(by: { scores[$0] > scores[$1] }) {
      if let last, scores[id] < last { priority += 1 }
      last = scores[id]
      if !blocked.contains(Int32(id)) { priorities[id] = priority }
    }
    self.priorities = priorities
  }

  package func merge(_ left: Symbol, _ right: Symbol, in text: [UInt8]) -> UInt64 {
    guard let id = vocabulary.id(of: text, Int(left.start)..<Int(right.end)),
      priorities[Int(id)] != .max
    else { return .max }
    return UInt64(priorities[Int(id)]) << 32 | UInt64(id)
  }
}
