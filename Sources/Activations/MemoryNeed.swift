import Inference
import Kernels
import Tokenization

/// What an extraction takes of memory, part by part.
struct MemoryNeed {
  /// Bytes beyond what the process occupies already: HDF5, tables of the store on their way to the file,
  /// what the allocator holds back.
  private static let allowance = 48 << 20

  let footprint: DecoderFootprint
  /// How many positions of each prompt are computed.
  let lengths: [Int]
  /// The blocks that are computed.
  let usedLayers: Int

  private let plannedRows: [Int]
  private let prompts: Int
  /// The most bytes that one stage gathers for a planned row, and keeps of every row where means are wanted.
  private let stagedByteCount: Int
  private let hasPooledRows: Bool
  private let includesLogits: Bool
  private let residentByteCount: Int
  private let workersByteCount: Int
  private let threads: Int

  init(_ plan: ExtractionPlan, _ description: DecoderDescription, threads: Int) {
    let store = plan.store
    let footprint = DecoderFootprint(description, precision: store.identity.precision)
    let sites = store.datasets.map(\.hookSite)
    var lengths = [Int](repeating: 0, count: plan.prompts.count)
    var plannedRows = lengths
    for (prompt, position) in zip(store.rows.prompts, store.rows.positions) {
      let prompt = Int(prompt)
      let needed = position < 0 ? plan.prompts[prompt].ids.count : Int(position) + 1
      lengths[prompt] = max(lengths[prompt], needed)
      plannedRows[prompt] += 1
    }
    var staged: [PassStage: Int] = [:]
    for dataset in store.datasets {
      staged[dataset.hookSite.stage, default: 0] += 4 * dataset.width
    }
    let logits = sites.contains(HookSite(.logits))
    self.footprint = footprint
    self.lengths = lengths
    self.plannedRows = plannedRows
    self.threads = threads
    prompts = plan.prompts.count
    usedLayers = LayerMajorPass.layerCount(for: sites, in: description)
    stagedByteCount = staged.values.max() ?? 0
    hasPooledRows = store.rows.positions.contains { $0 < 0 }
    includesLogits = logits
    residentByteCount = MemoryReadings.residentByteCount + Self.allowance
    workersByteCount =
      threads
      * footprint.workerByteCount(positions: lengths.max() ?? 0, includingLogits: logits)
  }

  /// Enough tokens for threads to be busy and prefixes to be rare, few enough that little is lost when a run
  /// is killed: fewer for larger models.
  var usualTokensPerBatch: Int {
    let operations = max(1, footprint.blockOperationCount * max(usedLayers, 1))
    return min(16_384, max(2048, Int(2e12 / Double(operations))))
  }

  /// The most bytes at any time.
  func peakByteCount(keptLayers: Int, tokensPerBatch: Int) -> Int {
    let streams = keptLayers < usedLayers
    let weights =
      keptLayers * footprint.blockByteCount + (includesLogits ? footprint.headByteCount : 0)
    let decoding = decodingByteCount
    let batch = workersByteCount + batchByteCount(tokensPerBatch)
    // The check of the residual identity reads blocks that are not kept, too.
    let whileLoading =
      weights
      + max(
        decoding + footprint.blockByteCount, includesLogits ? footprint.headDecodingByteCount : 0)
    let whileRunning =
      weights + batch + (streams ? 2 * footprint.blockByteCount + decoding : 0)
    return residentByteCount + max(whileLoading, whileRunning)
  }

  /// Matrices being decoded, one for each thread, with the pages they are read from.
  private var decodingByteCount: Int { 2 * threads * footprint.blockDecodingByteCount }

  /// The most bytes of rows of any batch, and of gathered rows on their way to the file.
  private func batchByteCount(_ tokensPerBatch: Int) -> Int {
    let batches = ExtractionSchedule.batches(
      of: 0..<prompts, lengths: lengths, tokensPerBatch: tokensPerBatch)
    let largest = batches.map { batch -> Int in
      let tokens = lengths[batch].reduce(0, +)
      let planned = plannedRows[batch].reduce(0, +)
      let gathered = planned * stagedByteCount
      return tokens * (footprint.rowByteCount + (hasPooledRows ? stagedByteCount : 0))
        + gathered + max(WriteQueue.byteLimit, gathered)
    }
    return largest.max() ?? 0
  }

  /// The parts of the smallest schedule.
  var parts: [ScheduleError.Part] {
    [
      ScheduleError.Part(name: "two blocks of weights", byteCount: 2 * footprint.blockByteCount),
      ScheduleError.Part(name: "decoding weights", byteCount: decodingByteCount),
      ScheduleError.Part(
        name: "head",
        byteCount: includesLogits ? footprint.headByteCount + footprint.headDecodingByteCount : 0),
      ScheduleError.Part(name: "buffers of threads", byteCount: workersByteCount),
      ScheduleError.Part(name: "the longest prompt", byteCount: batchByteCount(1)),
      ScheduleError.Part(name: "the process itself", byteCount: residentByteCount),
    ].filter { $0.byteCount > 0 }
  }
}
