/// Divides rows into strata that are alike in something; only rows of one stratum are compared.
struct Strata {
  /// The stratum of each row.
  let indices: [Int]

  /// Rows of one tenth by length, in one fold.
  static func lengths(_ prompts: [ProbePrompt], folds: Folds) -> Strata {
    let lengths = prompts.map(\.userTokens.count)
    let sorted = lengths.sorted()
    let borders = (1..<10).map { sorted[$0 * sorted.count / 10] }
    return Strata(folds: folds, keys: lengths.map { length in borders.count { $0 <= length } })
  }

  /// Rows of one group.
  static func groups(_ clusters: Clusters, folds: Folds) -> Strata {
    Strata(folds: folds, keys: clusters.indices)
  }

  /// Rows of one source, in one fold.
  static func sources(_ sources: [Int], folds: Folds) -> Strata {
    Strata(folds: folds, keys: sources)
  }

  private init(folds: Folds, keys: [Int]) {
    indices = zip(folds.indices, keys).map { $1 * folds.count + $0 }
  }

  /// Pairs of a row of each class in one stratum.
  func pairCount(labels: [Int]) -> Int {
    var counts: [Int: [Int]] = [:]
    for (stratum, label) in zip(indices, labels) { counts[stratum, default: [0, 0]][label] += 1 }
    return counts.values.reduce(0) { $0 + $1[0] * $1[1] }
  }
}
