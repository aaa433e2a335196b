public import Inference
import Kernels

/// How an extraction uses memory: which weights stay in it and how many prompts go through the layers
/// together.
///
/// None of it can be told from the store.
public struct ExtractionSchedule: Sendable {
  /// The bytes that the process may take.
  public let budget: Int
  /// The bytes it is expected to take at most.
  public let peakByteCount: Int
  /// How many blocks stay in memory; the others are read again for every batch.
  public let keptLayers: Int
  /// The blocks that are computed.
  public let usedLayers: Int
  /// The most tokens of one batch; a longer prompt is a batch of its own.
  public let tokensPerBatch: Int
  /// Whether what prompts begin with is computed once for all of them.
  public let sharesPrefixes: Bool
  /// How many threads compute.
  public let threads: Int

  /// How many positions of each prompt are computed: those up to the last that a row needs.
  let lengths: [Int]

  /// Makes a schedule.
  ///
  /// - Parameters:
  ///   - plan: what is captured.
  ///   - description: the model.
  ///   - budget: the bytes that the process may take, those it has already included.
  ///   - threads: how many threads compute.
  ///   - sharesPrefixes: whether what prompts begin with may be computed once.
  /// - Throws: `ScheduleError` where the budget is too small, with the smallest that would do.
  public init(
    _ plan: ExtractionPlan, for description: DecoderDescription, budget: Int, threads: Int,
    sharesPrefixes: Bool = true
  ) throws(ScheduleError) {
    let need = MemoryNeed(plan, description, threads: threads)
    let target = need.usualTokensPerBatch
    self.budget = budget
    self.sharesPrefixes = sharesPrefixes
    self.threads = threads
    lengths = need.lengths
    usedLayers = need.usedLayers

    // Everything in memory, if batches of a useful size have room beside it.
    for tokens in Self.halvings(from: target, to: min(1024, target)) {
      let peak = need.peakByteCount(keptLayers: need.usedLayers, tokensPerBatch: tokens)
      if peak <= budget {
        (keptLayers, tokensPerBatch, peakByteCount) = (need.usedLayers, tokens, peak)
        return
      }
    }
    // Weights are read again for every batch: large batches make that rare.
    for tokens in Self.halvings(from: max(target, 8192), to: 1) {
      let peak = need.peakByteCount(keptLayers: 0, tokensPerBatch: tokens)
      if peak <= budget {
        let room = (budget - peak) / need.footprint.blockByteCount
        let kept = max(0, min(need.usedLayers - 1, room))
        keptLayers = kept
        tokensPerBatch = tokens
        peakByteCount = peak + kept * need.footprint.blockByteCount
        return
      }
    }
    throw ScheduleError(
      budget: budget,
      smallest: min(
        need.peakByteCount(keptLayers: 0, tokensPerBatch: 1),
        need.peakByteCount(keptLayers: need.usedLayers, tokensPerBatch: 1)),
      parts: need.parts)
  }

  private static func halvings(from first: Int, to last: Int) -> [Int] {
    Array(sequence(first: first) { $0 > last ? max($0 / 2, last) : nil })
  }

  /// Divides runs of prompts into batches of about equal numbers of tokens.
  func batches(of runs: [Range<Int>]) -> [Range<Int>] {
    runs.flatMap { Self.batches(of: $0, lengths: lengths, tokensPerBatch: tokensPerBatch) }
  }

  package static func batches(
    of run: Range<Int>, lengths: [Int], tokensPerBatch: Int
  ) -> [Range<Int>] {
    var rest = lengths[run].reduce(0, +)
    let longest = lengths[run].max() ?? 0
    // A batch may go beyond its share by one prompt.
    let share = max(1, tokensPerBatch - longest)
    var batchesLeft = max(1, (rest + share - 1) / share)
    var batches: [Range<Int>] = []
    var first = run.lowerBound
    var tokens = 0
    for prompt in run {
      tokens += lengths[prompt]
      guard tokens * batchesLeft >= rest || prompt + 1 == run.upperBound else { continue }
      batches.append(first..<prompt + 1)
      rest -= tokens
      batchesLeft = max(1, batchesLeft - 1)
      (first, tokens) = (prompt + 1, 0)
    }
    return batches
  }
}
