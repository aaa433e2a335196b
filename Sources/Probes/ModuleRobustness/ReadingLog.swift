/// The readings of an analysis of modules in a file, so that one that was killed goes on.
public final class ReadingLog {
  /// The name of the file in an analysis's folder.
  public static let fileName = "readings.jsonl"
  package static let words = EntryWords(entry: "reading", work: "map")

  private let log: EntryLog<ModuleReading>
  private var known: [ModuleReading.Key: ModuleReading]

  /// Opens a log, or begins one.
  ///
  /// - Parameters:
  ///   - path: the file; its folder is there.
  ///   - identity: SHA-256 of all that the readings depend on.
  ///   - overwriting: whether one of another analysis, or this one's, is begun anew.
  /// - Throws: `EntryLogError` for a log of another analysis or one that is damaged.
  public init(path: String, identity: String, overwriting: Bool = false) throws {
    log = try EntryLog(
      path: path, kind: "modules-readings", words: Self.words, identity: identity,
      overwriting: overwriting)
    known = Dictionary(log.entries.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// A reading that is known.
  func reading(_ key: ModuleReading.Key) -> ModuleReading? { known[key] }

  /// Keeps a reading.
  func append(_ reading: ModuleReading) throws {
    known[reading.key] = reading
    try log.append(reading)
  }
}
