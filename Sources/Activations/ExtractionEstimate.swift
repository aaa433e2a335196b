public import Inference
import Kernels

/// What an extraction will take, as far as that can be told before it runs.
public struct ExtractionEstimate: Sendable {
  /// Tokens of all prompts.
  public let tokenCount: Int
  /// Rows that go through the layers: tokens less those shared or not needed.
  public let rowCount: Int
  /// How many batches go through all layers.
  public let batchCount: Int
  /// Seconds of computing, from the speed of one product tried now.
  public let seconds: Double
  /// Bytes of the file.
  public let fileByteCount: Int

  /// Share of a lone product's speed that whole blocks reach.
  private static let usualEfficiency = 0.8
  /// Elements of weights that one thread decodes and packs in a second, roughly.
  private static let packingRate = 4e8

  /// Estimates a run from its start to its end.
  ///
  /// - Parameters:
  ///   - plan: what is captured.
  ///   - schedule: how memory is used.
  ///   - description: the model.
  public init(
    _ plan: ExtractionPlan, _ schedule: ExtractionSchedule, for description: DecoderDescription
  ) {
    let batches = schedule.batches(of: [0..<plan.prompts.count])
    let precision = plan.store.identity.precision
    let footprint = DecoderFootprint(description, precision: precision)
    rowCount = batches.reduce(0) { sum, batch in
      let lengths = Array(schedule.lengths[batch])
      return sum
        + (schedule.sharesPrefixes
          ? PrefixLayout(plan.prompts[batch], lengths: lengths, sharing: true).rowCount
          : lengths.reduce(0, +))
    }
    tokenCount = plan.store.tokens.ids.count
    batchCount = batches.count
    let rate =
      MatrixEngine(precision: precision)?
      .operationsPerSecond(inner: description.dModel, columns: description.dMLP) ?? 1e10
    let threads = Double(schedule.threads)
    let operations = Double(rowCount) * Double(footprint.blockOperationCount * schedule.usedLayers)
    let loads = batches.count * (schedule.usedLayers - schedule.keptLayers) + schedule.keptLayers
    let elements = Double(footprint.blockByteCount / precision.byteCount)
    seconds =
      operations / (rate * threads * Self.usualEfficiency)
      + Double(loads) * elements / (Self.packingRate * threads)
    fileByteCount = plan.store.estimatedFileByteCount
  }
}

extension StorePlan {
  /// About how many bytes the file takes, its activations exactly.
  var estimatedFileByteCount: Int {
    let texts = prompts.columns.flatMap(\.values) + (prompts.texts ?? [])
    // A text takes its bytes, a reference of 16 and its part of a heap.
    let textBytes = texts.reduce(0) { $0 + $1.utf8.count + 40 }
    return activationByteCount + 4096 * (datasets.count + 16) + textBytes + 80 * prompts.count
      + 5 * tokens.ids.count + 9 * rows.count
  }
}
