public import Inference
import Kernels
import ModelFiles
import Synchronization
public import Tokenization

/// Runs prompts through a model and writes the planned rows to a store.
///
/// Workers take batches of consecutive prompts in turn; each runs its passes on one thread. A row's bits
/// depend on its prompt alone, so neither the batches nor the number of workers can be told from the file.
public struct Extraction: Sendable {
  /// Tokens that a batch aims for: enough rows for products to run at full speed, few enough for their
  /// intermediates to stay in the caches.
  static let tokensPerBatch = 384

  private let decoder: Decoder
  private let prompts: [TokenizedPrompt]
  private let sites: [HookSite]
  private let writer: ActivationWriter
  private let logits: LogitRows
  /// The first row of each prompt in the plan, and the number of rows.
  private let firstRows: [Int]

  /// Prepares an extraction.
  ///
  /// - Parameters:
  ///   - decoder: the model.
  ///   - prompts: the prompts of the writer's plan, in its order.
  ///   - writer: a store with one dataset for each site captured.
  public init(decoder: Decoder, prompts: [TokenizedPrompt], writer: ActivationWriter) {
    self.decoder = decoder
    self.prompts = prompts
    self.writer = writer
    sites = writer.plan.datasets.map(\.hookSite)
    var firstRows = Array(repeating: 0, count: prompts.count + 1)
    for prompt in writer.plan.rows.prompts { firstRows[Int(prompt) + 1] += 1 }
    for prompt in prompts.indices { firstRows[prompt + 1] += firstRows[prompt] }
    self.firstRows = firstRows
    let isLastOnly = writer.plan.rows.isLastPositionOnly(of: prompts)
    logits = !sites.contains(HookSite(.logits)) ? .none : isLastOnly ? .last : .all
  }

  /// The tokens of the prompts that are still missing.
  public var missingTokenCount: Int {
    batches.reduce(0) { $0 + tokenCount(of: $1) }
  }

  /// Computes and writes every row that the store misses.
  ///
  /// - Parameters:
  ///   - threads: how many passes run at a time.
  ///   - shouldStop: asked before each batch; true ends the run after the batches under way.
  ///   - onProgress: called with the tokens done so far, from any thread, one call at a time.
  /// - Returns: whether the store is complete.
  /// - Throws: the first failure of the model or the store; what was committed stays.
  public func run(
    threads: Int, shouldStop: @escaping @Sendable () -> Bool = { false },
    onProgress: @escaping @Sendable (_ tokensDone: Int) -> Void = { _ in }
  ) throws -> Bool {
    let batches = batches
    let state = Mutex(State())
    let workers = min(threads, batches.count)
    parallelFor(count: workers, threads: workers) { _ in
      setProductThreads(max(1, threads / workers))
      var space = DecoderWorkspace(for: decoder.description)
      while let batch = state.withLock({ $0.next(of: batches, stopping: shouldStop()) }) {
        do {
          try compute(batch, &space)
          state.withLock { state in
            state.tokensDone += tokenCount(of: batch)
            onProgress(state.tokensDone)
          }
        } catch {
          state.withLock { $0.failure = $0.failure ?? error }
        }
      }
    }
    if let failure = state.withLock({ $0.failure }) { throw failure }
    return writer.missingUnits.isEmpty
  }

  /// What the workers share.
  private struct State {
    var nextBatch = 0
    var tokensDone = 0
    var failure: (any Error)?

    /// The next batch; nil where there is none or the run is to end.
    mutating func next(of batches: [Range<Int>], stopping: Bool) -> Range<Int>? {
      guard !stopping, failure == nil, nextBatch < batches.count else { return nil }
      defer { nextBatch += 1 }
      return batches[nextBatch]
    }
  }

  private func compute(_ batch: Range<Int>, _ space: inout DecoderWorkspace) throws {
    let tokens = TokenBatch(prompts[batch])
    let rows = zip(batch, tokens.sequences).flatMap { prompt, sequence in
      (firstRows[prompt]..<firstRows[prompt + 1]).map { row in
        let position = Int(writer.plan.rows.positions[row])
        return RowCapture.BatchRow(
          sequence: sequence.rows, position: position < 0 ? nil : position)
      }
    }
    let capture = RowCapture(
      sites: sites, rows: rows, firstRow: firstRows[batch.lowerBound], writer: writer)
    try decoder.forward(
      tokens, hooks: HookTable([capture], for: decoder.description), logits: logits, &space)
    if let failure = capture.failure { throw failure }
  }

  /// Runs of consecutive prompts in missing units, each of about `tokensPerBatch` tokens.
  ///
  /// Where the backend does not keep rows independent, a batch is a single prompt.
  private var batches: [Range<Int>] {
    var batches: [Range<Int>] = []
    for unit in writer.missingUnits {
      var first = writer.plan.units.prompts(of: unit).lowerBound
      var tokens = 0
      for prompt in writer.plan.units.prompts(of: unit) {
        let count = prompts[prompt].ids.count
        let isFull = tokens + count > Self.tokensPerBatch || !decoder.rowsAreIndependent
        if isFull && prompt > first {
          batches.append(first..<prompt)
          first = prompt
          tokens = 0
        }
        tokens += count
      }
      batches.append(first..<writer.plan.units.prompts(of: unit).upperBound)
    }
    return batches
  }

  private func tokenCount(of batch: Range<Int>) -> Int {
    prompts[batch].reduce(0) { $0 + $1.ids.count }
  }
}

extension ActivationDataset {
  /// The site in the model.
  fileprivate var hookSite: HookSite {
    guard let kind = SiteKind(rawValue: site) else {
      preconditionFailure("\(name) is planned and no site")
    }
    return HookSite(kind, layer: layer)
  }
}

extension RowTable {
  /// Whether every row is the last position of its prompt.
  fileprivate func isLastPositionOnly(of tokenized: [TokenizedPrompt]) -> Bool {
    zip(prompts, positions).allSatisfy { Int($1) == tokenized[Int($0)].ids.count - 1 }
  }
}
