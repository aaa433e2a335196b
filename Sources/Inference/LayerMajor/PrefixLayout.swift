import Kernels
public import Tokenization

/// Many token sequences laid out in rows, what several of them begin with once.
///
/// Sequences are sorted, so that those with a common beginning are neighbours; each adds the rows by which
/// it differs from the one before it. Rows of earlier positions always come before those of later ones.
public struct PrefixLayout: Sendable {
  /// The token of each row.
  public let tokens: [Int32]
  /// Where each row's token comes from.
  public let roles: [PositionRole]
  /// For each sequence, in the order given, the rows of its positions.
  private let paths: [[Range<Int>]]
  /// Runs of consecutive rows that one sequence added, in order.
  private let owners: [Owner]

  private struct Owner {
    let rows: Range<Int>
    let sequence: Int
    let firstPosition: Int
  }

  /// Lays out the first positions of prompts.
  ///
  /// - Parameters:
  ///   - prompts: the sequences.
  ///   - lengths: for each of them, how many positions are needed.
  ///   - sharing: whether common beginnings get their rows once; otherwise each sequence has rows of its
  ///     own, in the order given.
  public init(_ prompts: ArraySlice<TokenizedPrompt>, lengths: [Int], sharing: Bool) {
    precondition(
      lengths.count == prompts.count, "\(lengths.count) lengths, \(prompts.count) prompts")
    // Rows stand for positions that agree in token and role, so that hooks may go by either.
    let keys = zip(prompts, lengths).map { prompt, length in
      zip(prompt.ids, prompt.roles).prefix(length).map { Int($0) << 8 | Int($1.rawValue) }
    }
    let order =
      sharing
      ? keys.indices.sorted { keys[$0].lexicographicallyPrecedes(keys[$1]) } : Array(keys.indices)
    var tokens: [Int32] = []
    var roles: [PositionRole] = []
    var paths = [[Range<Int>]](repeating: [], count: keys.count)
    var owners: [Owner] = []
    var previous: Int?
    for sequence in order {
      let common =
        sharing ? previous.map { keys[$0].commonPrefixCount(with: keys[sequence]) } ?? 0 : 0
      let prompt = prompts[prompts.startIndex + sequence]
      let own = tokens.count..<tokens.count + lengths[sequence] - common
      tokens += prompt.ids[common..<lengths[sequence]]
      roles += prompt.roles[common..<lengths[sequence]]
      paths[sequence] = previous.map { paths[$0].truncated(to: common) } ?? []
      if !own.isEmpty {
        paths[sequence].append(own)
        owners.append(Owner(rows: own, sequence: sequence, firstPosition: common))
      }
      previous = sequence
    }
    self.tokens = tokens
    self.roles = roles
    self.paths = paths
    self.owners = owners
  }

  /// The number of rows.
  public var rowCount: Int { tokens.count }

  /// The rows of a sequence's positions, in order.
  public func rows(ofSequence sequence: Int) -> [Range<Int>] { paths[sequence] }

  /// The row of one position of a sequence.
  public func row(ofSequence sequence: Int, position: Int) -> Int {
    var rest = position
    for run in paths[sequence] {
      if rest < run.count { return run.lowerBound + rest }
      rest -= run.count
    }
    preconditionFailure("position \(position) of sequence \(sequence) has no row")
  }

  /// The rows that each sequence added, for passes that must not mix sequences.
  var rowsOfSequences: [Range<Int>] { owners.map(\.rows) }

  /// For each sequence that added rows, the rows of its positions; those it added come last.
  var pathsOfSequences: [[Range<Int>]] { owners.map { paths[$0.sequence] } }

  /// Rows as a batch that attends to what is stored of all earlier ones.
  ///
  /// - Parameters:
  ///   - rows: ascending.
  ///   - keyValues: where row r's keys and values have row r; nil where nothing attends.
  /// - Returns: the batch, and a context for each of its sequences where something attends.
  func batch(rows: [Int], keyValues: KeyValues?) -> (TokenBatch, [AttentionContext]) {
    var batch = TokenBatch()
    var contexts: [AttentionContext] = []
    var next = 0
    while next < rows.count {
      let owner = owner(ofRow: rows[next])
      var end = next + 1
      while end < rows.count, rows[end] == rows[end - 1] + 1, rows[end] < owner.rows.upperBound {
        end += 1
      }
      let run = rows[next]..<rows[end - 1] + 1
      let position = owner.firstPosition + run.lowerBound - owner.rows.lowerBound
      batch.append(
        Array(tokens[run]), roles: Array(roles[run]), firstPosition: position)
      if let keyValues {
        let path = paths[owner.sequence].truncated(to: position + run.count)
        contexts.append(AttentionContext(keyValues, rows: path))
      }
      next = end
    }
    return (batch, contexts)
  }

  private func owner(ofRow row: Int) -> Owner {
    var low = 0
    var high = owners.count
    while low + 1 < high {
      let middle = (low + high) / 2
      if owners[middle].rows.lowerBound <= row { low = middle } else { high = middle }
    }
    return owners[low]
  }
}

extension Array where Element == Int {
  fileprivate func commonPrefixCount(with other: [Int]) -> Int {
    zip(self, other).prefix { $0 == $1 }.count
  }
}

extension Array where Element == Range<Int> {
  /// The first `count` rows of runs.
  func truncated(to count: Int) -> [Range<Int>] {
    var runs: [Range<Int>] = []
    var rest = count
    for run in self where rest > 0 {
      runs.append(run.lowerBound..<Swift.min(run.upperBound, run.lowerBound + rest))
      rest -= run.count
    }
    return runs
  }
}
