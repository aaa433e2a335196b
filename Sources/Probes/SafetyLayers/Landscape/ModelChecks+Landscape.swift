public import Inference
public import Kernels
public import Tokenization

extension ModelChecks {
  /// Moves a model's weights along random directions and looks at what becomes of its refusals.
  ///
  /// Weights are read, moved and packed anew for every move; nothing is written. The probe is the difference of
  /// class means, fitted on the part to fit on behind the block where it tells the part to choose by apart best.
  ///
  /// - Parameters:
  ///   - model: the files behind these checks' decoder.
  ///   - refusal: the first tokens of refusals, and what every reply begins with before them.
  ///   - parts: the part of the data that each prompt is for.
  ///   - lookalikes: harmless prompts that sound harmful; nil takes those of class 0 to report on.
  ///   - precision: the precision of products with weights.
  ///   - tokenizer: the model's tokenizer.
  ///   - endOfSequence: tokens that end a reply.
  ///   - options: how many directions, and how far.
  ///   - onProgress: called with the models measured and their number.
  /// - Returns: curves over the moves.
  /// - Throws: `ModelFileError` where weights cannot be read.
  public func landscape(
    of model: AdaptedModel, _ refusal: RefusalOpening, parts: [PromptPart],
    lookalikes: ModelChecks? = nil, precision: Precision, tokenizer: Tokenizer,
    endOfSequence: Set<Int32>, _ options: LandscapeOptions = LandscapeOptions(),
    onProgress: (_ done: Int, _ count: Int) -> Void = { _, _ in }
  ) throws -> Landscape {
    let fitted = try part(.train, parts)
    let reported = try part(.test, parts)
    let training = try fitted.drawn(perClass: options.trainingPerClass)
    let judged = try reported.drawn(perClass: options.promptsPerKind)
    let harmless = try (lookalikes ?? reported).drawn([0], perClass: options.promptsPerKind)
    // A draw of few groups may leave nothing to choose by.
    let choosing = try part(parts.contains(.dev) ? .dev : .train, parts)
    let neutral = try choosing.drawn([0], perClass: options.neutralPrompts)
    let bench = LandscapeBench(
      harmful: try judged.drawn([1], perClass: options.promptsPerKind), lookalikes: harmless,
      training: training, judged: judged,
      texts: neutral.tokens, opening: refusal,
      layer: try training.bestLayer(judging: choosing),
      endOfSequence: endOfSequence, tokenizer: tokenizer, options: options)

    let alphas = options.alphas
    let moveCount = options.directions * (alphas.count - 1)
    let (unmoved, probe) = try bench.measure(
      decoder, alpha: 0, probe: nil, makesReplies: true)
    onProgress(1, moveCount + 1)
    var seeds = SeededGenerator(seed: seed, stream: .landscapeDirections)
    let directions = try (0..<options.directions).map { index in
      let direction = WeightDirection(seed: seeds.next())
      let lengths = try DisturbedWeights.Lengths(
        direction, model.weights, for: decoder.description, threads: threads)
      var points: [LandscapePoint] = []
      for (place, alpha) in alphas.enumerated() {
        if alpha == 0 {
          points.append(unmoved)
          continue
        }
        let moved = try Decoder(
          model, along: direction, lengths, by: alpha, precision: precision, threads: threads)
        // Replies are made at both ends and half-way to them, as far as there are such moves.
        points.append(
          try bench.measure(
            moved, alpha: alpha, probe: probe,
            makesReplies: place % max(options.stepsPerSide / 2, 1) == 0
          ).point)
        onProgress(
          1 + index * (alphas.count - 1) + points.count(where: { $0.alpha != 0 }), moveCount + 1)
      }
      return points
    }
    return Landscape(
      options: options, opening: refusal, layer: bench.layer,
      sample: LandscapeSample(
        harmful: bench.harmful.prompts.count, lookalikes: harmless.prompts.count,
        training: training.prompts.count, texts: bench.texts.count, tokens: bench.tokenCount),
      unmoved: unmoved, directions: directions, seed: seed)
  }

  /// The prompts of one part of the data.
  private func part(_ part: PromptPart, _ parts: [PromptPart]) throws -> ModelChecks {
    try restricted(to: indices(of: part, parts))
  }

  /// A seeded sample of some classes, one after the other.
  private func drawn(_ classes: [Int] = [1, 0], perClass count: Int) throws -> ModelChecks {
    try restricted(
      to: classes.flatMap { sample(ofClass: $0, count: count, stream: .landscapePrompts) })
  }

  /// The block behind which the difference of these prompts' class means tells others apart best, the first of
  /// equal ones.
  private func bestLayer(judging others: ModelChecks) throws -> Int {
    let sites = (0..<decoder.description.layerCount).map { HookSite(.residPost, layer: $0) }
    let own = try lastRows(of: Array(prompts.indices), at: sites)
    let judged = try others.lastRows(of: Array(others.prompts.indices), at: sites)
    let areas = zip(own, judged).map { own, judged in
      areaUnderROC(
        scores: judged.components(along: own.meanDifference(prompts.map(\.label))),
        labels: others.prompts.map(\.label)) ?? 0
    }
    return areas.indices.reduce(0) { areas[$1] > areas[$0] ? $1 : $0 }
  }
}
