/// Prompts that share at least half of their token trigrams with a prompt of another cluster.
///
/// What was learned from one would be read off its twin in a held-out fold, so one of every family of
/// near-duplicates of one label is kept and the others are dropped. Those of different labels are minimal
/// contrasts and too good to lose: their clusters become one. Those inside one cluster do no harm, since a
/// cluster is never split.
package struct NearDuplicates {
  /// Pairs of rows of different clusters that nearly repeat each other, the lower row first.
  package let pairs: [(Int, Int)]
  /// Rows to leave out, ascending: those that nearly repeat an earlier row of their label that is kept.
  package let dropped: [Int]
  /// The clusters of all rows, those of minimal contrasts joined.
  package let clusters: Clusters

  /// Share of the trigrams of both together that two near-duplicates have in common, at least.
  package static let leastSimilarity = 0.5

  /// Finds near-duplicates by the trigrams of the user's tokens (Jaccard index); texts of fewer than
  /// three tokens have none.
  ///
  /// Exact, and quick because two sets that share half of their union share one of the rarest trigrams of
  /// either (prefix filtering; Chaudhuri, Ganti and Kaushik, 2006).
  package init<Label: Equatable>(
    _ prompts: [ProbePrompt], labels: [Label], clusters: Clusters
  ) {
    precondition(labels.count == prompts.count, "\(labels.count) labels, \(prompts.count) prompts")
    let trigrams = prompts.map { TrigramSet($0.userTokens) }
    var counts: [Trigram: Int] = [:]
    for set in trigrams {
      for trigram in set.members { counts[trigram, default: 0] += 1 }
    }
    var having: [Trigram: [Int]] = [:]
    var pairs: [(Int, Int)] = []
    for row in prompts.indices {
      let members = trigrams[row].members.sorted {
        (counts[$0] ?? 0, $0) < (counts[$1] ?? 0, $1)
      }
      // With fewer in common than this the index stays below the least similarity.
      let needed = Int((Self.leastSimilarity * Double(members.count)).rounded(.up))
      var candidates: Set<Int> = []
      for trigram in members.prefix(members.count - needed + 1) {
        candidates.formUnion(having[trigram] ?? [])
        having[trigram, default: []].append(row)
      }
      for other in candidates.sorted() where clusters.indices[other] != clusters.indices[row] {
        if trigrams[other].similarity(to: trigrams[row]) >= Self.leastSimilarity {
          pairs.append((other, row))
        }
      }
    }
    self.pairs = pairs
    let joined = clusters.joining(pairs.filter { labels[$0.0] != labels[$0.1] })
    self.clusters = joined
    dropped = Self.later(pairs.filter { joined.indices[$0.0] != joined.indices[$0.1] })
  }

  /// Rows that nearly repeat an earlier row that is kept.
  private static func later(_ pairs: [(Int, Int)]) -> [Int] {
    var dropped: Set<Int> = []
    // Pairs come in the order of their later row, so that earlier rows are already decided.
    for (earlier, row) in pairs where !dropped.contains(earlier) { dropped.insert(row) }
    return dropped.sorted()
  }
}

/// Three tokens in a row.
private struct Trigram: Hashable, Comparable {
  let first: Int32
  let second: Int32
  let third: Int32

  static func < (one: Trigram, other: Trigram) -> Bool {
    (one.first, one.second, one.third) < (other.first, other.second, other.third)
  }
}

/// The different trigrams of a text.
private struct TrigramSet {
  let members: Set<Trigram>

  init(_ tokens: [Int32]) {
    members = Set(
      tokens.indices.dropLast(2).map {
        Trigram(first: tokens[$0], second: tokens[$0 + 1], third: tokens[$0 + 2])
      })
  }

  /// The Jaccard index: shared trigrams over all of both.
  func similarity(to other: TrigramSet) -> Double {
    let shared = members.intersection(other.members).count
    let all = members.count + other.members.count - shared
    return all == 0 ? 0 : Double(shared) / Double(all)
  }
}
