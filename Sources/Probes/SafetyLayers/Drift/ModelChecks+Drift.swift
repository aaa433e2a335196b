import Inference
import Kernels
import Synchronization
import Tokenization

extension ModelChecks {
  /// What a tuning did to what the layers of this model hold of the two classes.
  ///
  /// One pass over the prompts with either model, and greedy replies to some of them, along which both predict the
  /// next token.
  ///
  /// - Parameters:
  ///   - tuned: the same prompts, token for token, with the model after.
  ///   - model: what that model is.
  ///   - parts: the part of the data each prompt is for; probes are fitted on that to fit on and judged on the
  ///     others.
  ///   - endOfSequence: tokens that end a reply.
  ///   - options: how it is measured.
  ///   - onProgress: called with the steps done and their number, on any thread.
  /// - Returns: every layer's probes, direction and vectors, and the replies.
  /// - Throws: `ProbeError` where a fit finds no optimum or a value is no number, `InferenceError.contextTooShort`
  ///   where a reply does not fit the model, `ModelFileError` where weights cannot be read.
  public func layerDrift(
    to tuned: ModelChecks, model: ComparedModel, parts: [PromptPart], endOfSequence: Set<Int32>,
    _ options: DriftOptions = DriftOptions(),
    onProgress: @escaping @Sendable (_ done: Int, _ count: Int) -> Void = { _, _ in }
  ) throws -> LayerDrift {
    precondition(
      tuned.tokens.count == tokens.count
        && tuned.decoder.description.layerCount == decoder.description.layerCount,
      "\(tuned.tokens.count) prompts for \(tokens.count)")
    let prompts = try DriftPrompts(self, parts: parts, perClass: options.promptsPerClass)
    let replied = try restricted(to: Array(prompts.places[prompts.judged]))
    let asked = try replied.restricted(
      to: [1, 0].flatMap {
        replied.sample(ofClass: $0, count: options.repliedPerClass, stream: .driftReplies)
      })
    let layerCount = decoder.description.layerCount
    // Replies, two passes, every layer, and however often replies go through both models.
    let progress = DriftProgress(layerCount + 4, onProgress)
    let comparison = try ReplyComparison(
      asked, to: tuned.decoder, endOfSequence: endOfSequence, tokens: options.tokens)
    progress.extend(by: comparison.pieceCount - 1)
    progress.advance()
    let rows = try DriftRows(prompts.places, before: self, after: tuned) { progress.advance() }
    let measured = try measure(prompts, rows, draws: options.draws) { progress.advance() }
    let divergences = try comparison.divergences { progress.advance() }
    let replies = ReplyDrift(
      divergences, labels: asked.prompts.map(\.label),
      ClusterBootstrap(clusters: Clusters(asked.prompts), draws: options.draws, seed: seed),
      firstTokens: options.firstTokens)

    let probes = SimultaneousBands(measured.flatMap(\.probe.judged))
    let streams = SimultaneousBands(measured.flatMap(\.stream.judged))
    let factor = turnFactor(measured.map(\.turn))
    let sample = prompts.sample
    return LayerDrift(
      options: options, after: model, sample: sample,
      obstacles: HeadlineObstacle.all(
        groups: sample.groups, positives: sample.positives, negatives: sample.negatives),
      endsAlike: Set(prompts.places.map { tokens[$0].ids.last }).count == 1,
      layers: measured.enumerated().map { layer, measured in
        let moved = Array(streams.estimates[3 * layer..<3 * layer + 3])
        return DriftedLayer(
          layer: layer,
          probe: ProbeDrift(
            measured.probe, bands: Array(probes.estimates[4 * layer..<4 * layer + 4]),
            margin: options.margin),
          direction: DirectionDrift(measured.turn, factor: factor),
          stream: StreamDrift(harmful: moved[0], harmless: moved[1], difference: moved[2]))
      },
      probeBandFactor: probes.factor, streamBandFactor: streams.factor, turnFactor: factor,
      replies: replies)
  }

  /// Measures every layer on draws that all of them share.
  private func measure(
    _ prompts: DriftPrompts, _ rows: DriftRows, draws: Int, onLayer: @escaping @Sendable () -> Void
  ) throws -> [MeasuredLayer] {
    let (training, judged, labels) = (prompts.training, prompts.judged, prompts.labels)
    let clusters = Clusters(prompts.prompts)
    let all = ClusterBootstrap(clusters: clusters, draws: draws, seed: seed)
    let held = ClusterBootstrap(
      clusters: Clusters(Array(prompts.prompts[judged])), draws: draws, seed: seed)
    let directions = DirectionComparison(
      labels: labels, draws: all,
      others: ClusterBootstrap(
        clusters: clusters, draws: draws, seed: seed, stream: .driftResamples))
    useSingleThreadedBLAS()
    return try parallelMap(count: rows.before.count, threads: threads) { layer in
      let (before, after) = (rows.before[layer], rows.after[layer])
      let found = MeasuredLayer(
        probe: try DrawnTransfer(
          training: (before.copy(of: training), after.copy(of: training)),
          labels: Array(labels[training]),
          judged: (before.copy(of: judged), after.copy(of: judged)),
          judgedLabels: Array(labels[judged]), held, layer: layer),
        turn: directions.turn(from: before, to: after),
        stream: DrawnStream(from: before, to: after, labels: labels, all))
      onLayer()
      return found
    }
  }
}

/// One layer's figures in every draw.
private struct MeasuredLayer: Sendable {
  let probe: DrawnTransfer
  let turn: DrawnTurn
  let stream: DrawnStream
}

/// Counts steps on any thread.
private final class DriftProgress: Sendable {
  private let counts: Mutex<(done: Int, total: Int)>
  private let onProgress: @Sendable (Int, Int) -> Void

  init(_ total: Int, _ onProgress: @escaping @Sendable (Int, Int) -> Void) {
    counts = Mutex((0, total))
    self.onProgress = onProgress
  }

  func extend(by steps: Int) { counts.withLock { $0.total += steps } }

  func advance() {
    let (done, total) = counts.withLock { counts in
      counts.done += 1
      return counts
    }
    onProgress(done, total)
  }
}
