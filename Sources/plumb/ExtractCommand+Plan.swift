import Activations
import Foundation
import ModelFiles

extension ExtractCommand {
  /// Prints what would be done, for people or programs.
  func report(
    _ estimate: ExtractionEstimate, _ schedule: ExtractionSchedule, output: String
  ) throws {
    guard options.json else {
      return try Console.output(
        lines(estimate, schedule, output: output).joined(separator: "\n"))
    }
    let plan = JSONObject(
      schedule.json.members + [
        ("memory_budget", JSONValue(integerLiteral: schedule.budget)),
        ("peak_memory", JSONValue(integerLiteral: schedule.peakByteCount)),
        ("threads", JSONValue(integerLiteral: schedule.threads)),
        ("tokens", JSONValue(integerLiteral: estimate.tokenCount)),
        ("rows", JSONValue(integerLiteral: estimate.rowCount)),
        ("batches", JSONValue(integerLiteral: estimate.batchCount)),
        ("seconds", .number(JSONNumber(estimate.seconds))),
        ("file_bytes", JSONValue(integerLiteral: estimate.fileByteCount)),
      ])
    try Console.output(bytes: JSONValue.object(plan).text() + [UInt8(ascii: "\n")])
  }

  /// The plan in a few lines of at most 79 columns.
  func lines(
    _ estimate: ExtractionEstimate, _ schedule: ExtractionSchedule, output: String
  ) -> [String] {
    let saved =
      estimate.rowCount < estimate.tokenCount
      ? " (\(estimate.rowCount) computed, the rest is shared or not needed)" : ""
    let weights =
      schedule.keptLayers == schedule.usedLayers
      ? "all \(schedule.usedLayers) layers stay in memory"
      : "\(schedule.keptLayers) of \(schedule.usedLayers) layers stay in memory, the others are read "
        + "\(estimate.batchCount) times"
    let threads = schedule.threads == 1 ? "1 thread" : "\(schedule.threads) threads"
    return [
      "compute  \(estimate.tokenCount) tokens\(saved)",
      "memory   \(ByteCount(schedule.peakByteCount)) at most of \(ByteCount(schedule.budget))",
      "weights  \(weights)",
      "time     about \(ProgressBar.clock(estimate.seconds)) on \(threads)",
      "disk     \(ByteCount(estimate.fileByteCount)) in \(output)",
    ]
  }
}

extension ExtractionSchedule {
  /// How memory is used, for programs.
  var json: JSONObject {
    [
      "engine": "layer-major",
      "kept_layers": JSONValue(integerLiteral: keptLayers),
      "used_layers": JSONValue(integerLiteral: usedLayers),
      "tokens_per_batch": JSONValue(integerLiteral: tokensPerBatch),
      "prefix_sharing": .bool(sharesPrefixes),
    ]
  }
}

extension Extraction.Outcome {
  /// How long the parts of a run took, in seconds, and what they computed.
  ///
  /// - Parameter loading: seconds from the start of the process's work to the first layer.
  /// - Returns: the members of the manifest's `timings`.
  func timings(loading: Double) -> JSONObject {
    func seconds(_ duration: Duration) -> JSONValue {
      .number(JSONNumber(duration / .seconds(1)))
    }
    return [
      "load_seconds": .number(JSONNumber(loading)),
      "first_row_seconds": untilFirstWrite.map { seconds(.seconds(loading) + $0) } ?? .null,
      "compute_seconds": seconds(computing),
      "write_wait_seconds": seconds(waitingForStore),
      "tokens": JSONValue(integerLiteral: tokenCount),
      "rows": JSONValue(integerLiteral: computedRowCount),
    ]
  }
}
