public import Inference
import Kernels
import ModelFiles
import Synchronization
public import Tokenization

/// Runs prompts through a model, layer by layer, and writes the planned rows to a store.
///
/// Prompts go in batches of many thousand tokens, each through all layers. A row's bits depend on its prompt
/// alone, so neither the batches nor the number of threads can be told from the file.
public struct Extraction: Sendable {
  private let prompts: [TokenizedPrompt]
  private let writer: ActivationWriter
  private let schedule: ExtractionSchedule
  private let pass: LayerMajorPass
  private let sharesPrefixes: Bool
  private let batches: [Range<Int>]
  /// The first row of each prompt in the plan, and the number of rows.
  private let firstRows: [Int]

  /// Prepares an extraction of what a store misses.
  ///
  /// - Parameters:
  ///   - decoder: the model.
  ///   - prompts: the prompts of the writer's plan, in its order.
  ///   - schedule: how memory is used.
  ///   - writer: a store with one dataset for each site captured.
  public init(
    decoder: Decoder, prompts: [TokenizedPrompt], schedule: ExtractionSchedule,
    writer: ActivationWriter
  ) {
    self.prompts = prompts
    self.writer = writer
    self.schedule = schedule
    pass = LayerMajorPass(
      decoder, sites: writer.plan.datasets.map(\.hookSite), threads: schedule.threads)
    sharesPrefixes = schedule.sharesPrefixes && decoder.rowsAreIndependent
    batches = schedule.batches(of: writer.missingPrompts)
    var firstRows = Array(repeating: 0, count: prompts.count + 1)
    for prompt in writer.plan.rows.prompts { firstRows[Int(prompt) + 1] += 1 }
    for prompt in prompts.indices { firstRows[prompt + 1] += firstRows[prompt] }
    self.firstRows = firstRows
  }

  /// The tokens of the prompts that are still missing.
  public var missingTokenCount: Int {
    batches.reduce(0) { $0 + tokenCount(of: $1) }
  }

  /// What a run took.
  public struct Outcome: Sendable {
    /// Whether the store is complete.
    public let isComplete: Bool
    /// The tokens of the prompts that were computed.
    public let tokenCount: Int
    /// Rows that went through the layers: tokens less those shared or not needed.
    public let computedRowCount: Int
    /// How long computing took, waiting for the store included.
    public let computing: Duration
    /// How long computing waited for the store.
    public let waitingForStore: Duration
    /// How long it took until the first rows were in the file; nil where none were missing.
    public let untilFirstWrite: Duration?
  }

  /// Computes and writes every row that the store misses.
  ///
  /// - Parameters:
  ///   - shouldStop: asked after each layer; true ends the run, and what its batch has computed is lost.
  ///   - onProgress: called with the tokens done so far, those of a batch by the share of its layers.
  /// - Returns: what the run took.
  /// - Throws: the first failure of the model or the store; what was committed stays.
  public func run(
    shouldStop: @escaping @Sendable () -> Bool = { false },
    onProgress: @escaping @Sendable (_ tokensDone: Int) -> Void = { _ in }
  ) throws -> Outcome {
    let start = ContinuousClock.now
    let queue = WriteQueue(writer)
    var tokensDone = 0
    var rowsComputed = 0
    for batch in batches where !shouldStop() {
      let tokens = tokenCount(of: batch)
      let layout = PrefixLayout(
        prompts[batch], lengths: Array(schedule.lengths[batch]), sharing: sharesPrefixes)
      let progress = StageProgress(
        before: tokensDone, tokens: tokens, stages: schedule.usedLayers + 1, onProgress)
      let capture = BatchCapture(
        prompts: batch, layout: layout, plan: writer.plan,
        rows: firstRows[batch.lowerBound]..<firstRows[batch.upperBound], queue: queue,
        threads: schedule.threads,
        onStage: {
          progress.advance()
          return !shouldStop()
        })
      guard try pass.run(layout, wanted: capture.wantedRows, observer: capture) else { break }
      tokensDone += tokens
      rowsComputed += layout.rowCount
      onProgress(tokensDone)
    }
    try queue.drain()
    return Outcome(
      isComplete: writer.missingUnits.isEmpty, tokenCount: tokensDone,
      computedRowCount: rowsComputed, computing: start.duration(to: .now),
      waitingForStore: queue.waitedDuration,
      untilFirstWrite: queue.firstWriteInstant.map { start.duration(to: $0) })
  }

  private func tokenCount(of batch: Range<Int>) -> Int {
    prompts[batch].reduce(0) { $0 + $1.ids.count }
  }
}

/// Counts the stages of a batch as shares of its tokens.
private final class StageProgress: Sendable {
  private let stagesDone = Atomic<Int>(0)
  private let before: Int
  private let tokens: Int
  private let stages: Int
  private let onProgress: @Sendable (Int) -> Void

  init(before: Int, tokens: Int, stages: Int, _ onProgress: @escaping @Sendable (Int) -> Void) {
    self.before = before
    self.tokens = tokens
    self.stages = stages
    self.onProgress = onProgress
  }

  func advance() {
    let done = stagesDone.add(1, ordering: .relaxed).newValue
    onProgress(before + tokens * min(done, stages) / stages)
  }
}

extension ActivationWriter {
  /// Runs of prompts whose units are missing.
  var missingPrompts: [Range<Int>] {
    missingUnits.reduce(into: []) { runs, unit in
      let prompts = plan.units.prompts(of: unit)
      if let last = runs.last, last.upperBound == prompts.lowerBound {
        runs[runs.count - 1] = last.lowerBound..<prompts.upperBound
      } else {
        runs.append(prompts)
      }
    }
  }
}
