import Inference

/// The counts of a search in a file, so that a search that was killed goes on.
public final class SweepLog {
  /// The name of the file in a search's folder.
  public static let fileName = "sweeps.jsonl"
  package static let words = EntryWords(entry: "count", work: "search")

  private let log: EntryLog<SweepCount>

  /// Opens a log, or begins one.
  ///
  /// - Parameters:
  ///   - path: the file; its folder is there.
  ///   - identity: SHA-256 of all that the counts depend on.
  ///   - overwriting: whether one of another search, or this one's, is begun anew.
  /// - Throws: `EntryLogError` for a log of another search or one that is damaged.
  public init(path: String, identity: String, overwriting: Bool = false) throws {
    log = try EntryLog(
      path: path, kind: "layers-search-counts", words: Self.words, identity: identity,
      overwriting: overwriting)
  }

  /// A count of so many prompts that is known.
  func count(of range: LayerRange, _ alpha: Double, isWhole: Bool, prompts: Int) -> SweepCount? {
    log.entries.first {
      $0.range == range && $0.alpha == alpha && ($0.incoherent != nil) == isWhole
        && $0.prompts == prompts
    }
  }

  /// Keeps a count.
  func append(_ count: SweepCount) throws { try log.append(count) }
}
