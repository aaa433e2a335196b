import Activations
import Foundation
import Tokenization

extension ExtractCommand {
  func report(
    _ manifest: RunManifest, _ work: ShardOption.Work, started: Date
  ) throws {
    let counts = manifest.counts
    let seconds = Date().timeIntervalSince(started)
    let megabytes = Double(manifest.fileByteCount) / 1e6
    try report(
      ExtractionSummary(
        output: work.output, shard: work.shard?.description, prompts: counts.promptCount,
        tokens: counts.tokenCount, rows: counts.rowCount, bytes: manifest.fileByteCount,
        sha256: manifest.fileDigest, seconds: seconds,
        nonFinitePrompts: counts.nonFinitePromptCount),
      """
      \(work.output): \(counts.promptCount) prompts, \(counts.tokenCount) tokens, \
      \(counts.rowCount) rows at each site and layer, \(megabytes.rounded(toPlaces: 1)) MB, in \
      \(seconds.rounded(toPlaces: 1)) s.
      """)
    if counts.nonFinitePromptCount > 0 && !options.json {
      Console.message(
        "plumb: \(counts.nonFinitePromptCount) prompts have values that are not finite; "
          + "/prompts/status marks them.")
    }
  }

  /// A shard's command may come again when others are repeated, and has nothing left to do.
  func report(
    finished store: StorePlan, _ work: ShardOption.Work, started: Date
  ) throws {
    try report(
      ExtractionSummary(
        output: work.output, shard: work.shard?.description, prompts: store.prompts.count,
        tokens: store.tokens.ids.count, rows: store.rows.count,
        seconds: Date().timeIntervalSince(started)),
      "\(work.output) is finished already.")
  }

  /// A shard beyond the last unit is no mistake where a job has more processes than there is work for.
  func report(emptyShard shard: Shard, of set: PromptSet, started: Date) throws {
    try report(
      ExtractionSummary(
        shard: shard.description, prompts: 0, tokens: 0, rows: 0,
        seconds: Date().timeIntervalSince(started)),
      """
      Shard \(shard) has no prompts and writes no file: \(set.prompts.count) prompts, divided by \
      \(CommitUnits.promptsPerUnit), are enough for the shards before it.
      """)
  }

  private func report(_ summary: ExtractionSummary, _ sentence: String) throws {
    try options.json ? Console.output(json: summary) : Console.output(sentence)
  }
}

/// What `plumb extract --json` prints.
private struct ExtractionSummary: Encodable {
  /// The file; nil where there is nothing to write.
  var output: String?
  var shard: String?
  let prompts: Int
  let tokens: Int
  let rows: Int
  /// Of a file that this run wrote.
  var bytes: Int?
  var sha256: String?
  let seconds: Double
  var nonFinitePrompts: Int?
}

extension Double {
  /// Rounded to some decimal places, for people.
  func rounded(toPlaces places: Int) -> Double {
    let factor = pow(10, Double(places))
    return (self * factor).rounded() / factor
  }
}
