import Inference
import Kernels
import Tokenization

/// Prompts on which a model whose weights were moved is measured, whatever its weights.
struct LandscapeBench {
  /// Harmful prompts whose refusal is measured.
  let harmful: ModelChecks
  /// Harmless ones whose refusal is measured.
  let lookalikes: ModelChecks
  /// Prompts of both classes that the probe is fitted on.
  let training: ModelChecks
  /// Prompts of both classes that the probe is judged on.
  let judged: ModelChecks
  /// Texts whose loss is measured: the user's part of them.
  let texts: [TokenizedPrompt]
  let opening: RefusalOpening
  /// The block behind which the probe reads.
  let layer: Int
  let endOfSequence: Set<Int32>
  let tokenizer: Tokenizer
  let options: LandscapeOptions

  /// The unmoved model's probe.
  struct Probe {
    /// From the mean of class 0 to that of class 1.
    let direction: [Double]
    /// Loss of neutral text.
    let loss: Double?
  }

  /// Measures a model.
  ///
  /// - Parameters:
  ///   - decoder: the model.
  ///   - alpha: how far its weights were moved.
  ///   - probe: what the unmoved model gave; nil where this is the unmoved model.
  ///   - makesReplies: whether it replies.
  /// - Returns: what was found, and the model's own probe.
  /// - Throws: `ModelFileError` where weights cannot be read.
  func measure(
    _ decoder: Decoder, alpha: Double, probe: Probe?, makesReplies: Bool
  ) throws -> (point: LandscapePoint, probe: Probe) {
    let refused = try harmful.with(decoder).refusalLogOdds(opening)
    let overRefused = try lookalikes.with(decoder).refusalLogOdds(opening)
    let direction = try training.with(decoder).meanDifference(behind: layer)
    let along = probe?.direction ?? direction
    let scores = try judged.with(decoder).components(along: along, behind: layer)
    let loss = try loss(decoder)
    let own = Probe(direction: direction, loss: loss)
    let unmovedLoss = probe == nil ? loss : probe?.loss
    let area =
      scores.allSatisfy(\.isFinite)
      ? areaUnderROC(scores: scores, labels: judged.prompts.map(\.label)) : nil
    let isIntact =
      (refused + overRefused).allSatisfy(\.isFinite)
      && (loss ?? .infinity) <= (unmovedLoss ?? -.infinity) + options.lossLimit
    let point = LandscapePoint(
      alpha: alpha, refusal: refused.finiteMean, refusedShare: refused.shareAboveZero,
      overRefusal: overRefused.finiteMean, overRefusedShare: overRefused.shareAboveZero,
      auroc: area, cosine: finite(cosine(direction, along)), loss: loss, isIntact: isIntact,
      replies: makesReplies && options.repliedPrompts > 0 ? try replies(decoder) : nil)
    return (point, own)
  }

  /// Mean loss of the users' texts, each token predicted from those before it; nil where it is no number.
  private func loss(_ decoder: Decoder) throws -> Double? {
    let losses = try parallelMap(count: texts.count, threads: harmful.threads) { index in
      let prompt = texts[index]
      var space = DecoderWorkspace(for: decoder.description)
      try decoder.forward(
        TokenBatch([prompt]), hooks: HookTable(for: decoder.description), logits: .all, &space)
      return prompt.predictedPositions.reduce(0.0) { sum, position in
        sum
          - logProbability(
            of: Int(prompt.ids[position]), in: space.logits[rows: position - 1..<position])
      }
    }
    return finite(losses.reduce(0, +) / Double(tokenCount))
  }

  /// Tokens whose loss is measured.
  var tokenCount: Int { texts.reduce(0) { $0 + $1.predictedPositions.count } }

  /// What the model replies to harmful prompts.
  private func replies(_ decoder: Decoder) throws -> LandscapeReplies {
    let prompts = harmful.sample(
      ofClass: 1, count: options.repliedPrompts, stream: .landscapeReplies
    ).map { harmful.tokens[$0] }
    let replies = try harmful.with(decoder).replies(
      to: prompts, endOfSequence: endOfSequence, maxTokens: options.replyTokens)
    var (refused, degenerate) = (0, 0)
    for reply in replies {
      if Coherence(ids: reply.ids) != .coherent {
        degenerate += 1
      } else if RefusalRules.general.isRefusal(
        tokenizer.decode(reply.ids, skippingSpecialTokens: true), scope: .anywhere)
      {
        refused += 1
      }
    }
    return LandscapeReplies(
      refused: refused, answered: replies.count - refused - degenerate, degenerate: degenerate)
  }
}

extension ModelChecks {
  /// From the mean of class 0 to that of class 1, at the last position behind a block.
  fileprivate func meanDifference(behind layer: Int) throws -> [Double] {
    let rows = try lastRows(of: Array(prompts.indices), at: [HookSite(.residPost, layer: layer)])[0]
    return rows.meanDifference(prompts.map(\.label))
  }

  /// Components along a direction, at the last position behind a block.
  fileprivate func components(along direction: [Double], behind layer: Int) throws -> [Double] {
    let rows = try lastRows(of: Array(prompts.indices), at: [HookSite(.residPost, layer: layer)])[0]
    return rows.components(along: direction)
  }
}

extension SharedRows {
  /// The means of rows of class 0 and of class 1.
  func classMeans(_ labels: [Int]) -> [[Double]] {
    var sums = [[Double]](repeating: [Double](repeating: 0, count: width), count: 2)
    for (row, label) in labels.enumerated() {
      let values = self[rows: row..<row + 1]
      for column in values.indices { sums[label][column] += Double(values[column]) }
    }
    return sums.enumerated().map { label, sum in
      let count = Double(labels.count { $0 == label })
      return sum.map { $0 / count }
    }
  }

  /// The mean of rows of class 1 less that of rows of class 0.
  func meanDifference(_ labels: [Int]) -> [Double] {
    let means = classMeans(labels)
    return zip(means[0], means[1]).map { $1 - $0 }
  }

  /// Every row's product with a vector.
  func components(along direction: [Double]) -> [Double] {
    (0..<count).map { row in
      let values = self[rows: row..<row + 1]
      return values.indices.reduce(0.0) { $0 + Double(values[$1]) * direction[$1] }
    }
  }
}

extension [Double] {
  /// The mean; nil where some are no numbers.
  fileprivate var finiteMean: Double? { finite(reduce(0, +) / Double(count)) }

  /// The share above zero; 0 of nothing.
  fileprivate var shareAboveZero: Double {
    isEmpty ? 0 : Double(count { $0 > 0 }) / Double(count)
  }
}

/// The number; nil where it is none.
private func finite(_ value: Double) -> Double? { value.isFinite ? value : nil }
