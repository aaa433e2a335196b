public import Inference
import Kernels
public import Tokenization

extension ModelChecks {
  /// Disturbs every module and sees how much of the separation of the two classes is left.
  ///
  /// Disturbed matrices are copies in memory; the model's own are never touched.
  ///
  /// - Parameters:
  ///   - model: the files behind these checks' decoder.
  ///   - tuned: a tuning of it, for `delta`.
  ///   - parts: the part of the data that each prompt is for.
  ///   - tokenizer: the model's tokenizer.
  ///   - options: what is disturbed, and how.
  ///   - log: keeps readings; nil keeps none.
  ///   - onReading: called after each reading with how many there are and about how many there will be; false ends
  ///     the work.
  /// - Returns: the map; nil where the work was ended.
  /// - Throws: `ModuleStudyError` where the classifier is unusable, `ModelFileError` where weights cannot be
  ///   read, `EntryLogError`.
  public func moduleMap(
    of model: AdaptedModel, toward tuned: AdaptedModel? = nil, parts: [PromptPart],
    tokenizer: Tokenizer, _ options: ModuleOptions = ModuleOptions(), log: ReadingLog? = nil,
    onReading: @escaping (_ done: Int, _ expected: Int) -> Bool = { _, _ in true }
  ) throws -> ModuleMap? {
    try moduleMap(
      of: model.weights, toward: tuned?.weights, parts: parts, texts: userTexts(tokenizer), options,
      log: log, onReading: onReading)
  }

  /// The same of weights from anywhere.
  package func moduleMap(
    of weights: any WeightSource, toward tuned: (any WeightSource)? = nil, parts: [PromptPart],
    texts: [String], _ options: ModuleOptions = ModuleOptions(), log: ReadingLog? = nil,
    onReading: @escaping (_ done: Int, _ expected: Int) -> Bool = { _, _ in true }
  ) throws -> ModuleMap? {
    do {
      let study = try ModuleStudy(
        self, "model", weights, toward: tuned, parts: parts, texts: texts, options, log: log,
        progress: StudyProgress(
          expected: options.expectedReadings(layerCount: decoder.description.layerCount), onReading)
      )
      let calibration = try study.calibration()
      return try study.map(
        study.disturbance(calibration), calibration: calibration)
    } catch is StudyEnded {
      return nil
    }
  }

  /// What the user wrote in each prompt.
  func userTexts(_ tokenizer: Tokenizer) -> [String] {
    prompts.map { tokenizer.decode($0.userTokens) }
  }
}

/// A model, prompts and classifiers by which its modules are judged.
struct ModuleStudy {
  let prompts: StudyPrompts
  let bench: ModuleBench
  let weights: any WeightSource
  let options: ModuleOptions

  /// Fits the classifiers; refuses unusable ones.
  init(
    _ checks: ModelChecks, _ subject: String, _ weights: any WeightSource,
    toward tuned: (any WeightSource)?, parts: [PromptPart], texts: [String],
    _ options: ModuleOptions, log: ReadingLog?, progress: StudyProgress
  ) throws {
    let prompts = try StudyPrompts(checks, texts: texts, parts: parts, options)
    let suffix = try SuffixBench(
      checks.decoder, prompts.judged.tokens, threads: checks.threads)
    let classifiers = try StudyClassifiers(prompts, clean: suffix.clean)
    self.init(
      prompts, subject, suffix, classifiers, DisturbedModules(weights, tuned: tuned),
      weights: weights, options, log: log, progress: progress)
    let found = classifiers.heldOut
    guard found.isUsable else {
      throw ModuleStudyError.classifierUnusable(
        recall: found.recall, benignRecall: found.benignRecall,
        prompts: prompts.sample.heldOut)
    }
  }

  /// Takes classifiers that are fitted.
  init(
    _ prompts: StudyPrompts, _ subject: String, _ suffix: SuffixBench,
    _ classifiers: StudyClassifiers, _ modules: DisturbedModules, weights: any WeightSource,
    _ options: ModuleOptions, log: ReadingLog?, progress: StudyProgress
  ) {
    self.prompts = prompts
    self.weights = weights
    self.options = options
    bench = ModuleBench(
      subject, suffix, labels: prompts.labels, classifiers, modules, seed: prompts.judged.seed,
      threads: prompts.judged.threads, log: log, progress: progress)
  }

  var layerCount: Int { bench.suffix.decoder.description.layerCount }

  /// The strength at which whole blocks, evenly spaced, lose the target on average; nil where it is given.
  func calibration() throws -> StrengthCalibration? {
    if options.strength != nil || options.kind == .delta { return nil }
    let clean = bench.clean
    let count = min(layerCount, StrengthCalibration.mostBlocks)
    let blocks = (0..<count).map { place in
      let layer = (2 * place + 1) * layerCount / (2 * count)
      return WeightModule.projections.map { ModuleSet.Member($0, layer: layer) }
    }
    return try StrengthCalibration(options.kind, target: options.target) { strength in
      let disturbance = ModuleDisturbance(options.kind, strength: strength)
      return try blocks.map {
        clean.recall - (try bench.decisiveRecall($0, disturbance))
      }.mean
    }
  }

  /// The disturbance of a strength that was given or found; a delta is whole unless asked otherwise.
  func disturbance(_ calibration: StrengthCalibration?) -> ModuleDisturbance {
    ModuleDisturbance(
      options.kind, strength: options.strength ?? calibration?.strength ?? 1)
  }

  /// Disturbs every unit.
  func map(
    _ disturbance: ModuleDisturbance, calibration: StrengthCalibration?
  ) throws -> ModuleMap {
    let readings = try readings(disturbance)
    return map(readings, disturbance, calibration: calibration)
  }

  /// Every unit's readings, one for each draw.
  func readings(_ disturbance: ModuleDisturbance) throws -> [UnitReadings] {
    try ModuleUnit.all(layerCount: layerCount, width: width).map { unit in
      UnitReadings(
        unit: unit,
        readings: try (0..<options.drawCount).map {
          try bench.reading(unit.members, disturbance, draw: $0)
        })
    }
  }

  /// How many blocks a unit spans.
  var width: Int {
    options.units == .single ? 1 : options.window ?? options.units.width(layerCount: layerCount)
  }

  /// What the figures of readings are drawn with.
  func summary() -> ReadingSummary {
    let (rows, classifiers) = (bench.suffix.clean, bench.classifiers)
    let control = bench.control?.isUsable == true ? classifiers.control : nil
    return ReadingSummary(
      prompts.judged.prompts, security: classifiers.security.scores(rows),
      control: control.map { ($0.labels, $0.probe.scores(rows)) }, draws: options.draws,
      seed: prompts.judged.seed)
  }

  /// Sums readings up.
  func map(
    _ units: [UnitReadings], _ disturbance: ModuleDisturbance, calibration: StrengthCalibration?
  ) -> ModuleMap {
    let summary = summary()
    let bands = summary.excesses(units.map(\.readings))
    let cells = units.enumerated().map { index, unit in
      summary.cell(unit.unit, unit.readings, excess: bands?.estimates[index])
    }
    let losses = cells.map(\.securityLoss.mean)
    let controls = cells.compactMap(\.controlLoss?.mean)
    return ModuleMap(
      options: options, disturbance: disturbance, calibration: calibration, layerCount: layerCount,
      window: width, sample: prompts.sample, classifier: bench.classifiers.security,
      heldOut: bench.classifiers.heldOut,
      clean: bench.clean, pooled: bench.classifiers.pooled, control: bench.control, cells: cells,
      bandFactor: bands?.factor,
      controlAgreement: controls.count == losses.count ? rankCorrelation(losses, controls) : nil,
      changeAgreement: rankCorrelation(losses, cells.map(\.relativeChange)),
      seed: prompts.judged.seed)
  }
}

/// The readings of a unit, one for each draw.
struct UnitReadings {
  let unit: ModuleUnit
  let readings: [ModuleReading]
}

/// Spearman's correlation; nil where a side has one value throughout.
private func rankCorrelation(_ one: [Double], _ other: [Double]) -> Double? {
  RankCorrelation(one, other, folds: one.map { _ in 0 }).value { _ in 1 }
}

extension ModuleOptions {
  /// About how many readings a map takes.
  func expectedReadings(layerCount: Int) -> Int {
    let width = units == .single ? 1 : window ?? units.width(layerCount: layerCount)
    let units = WeightModule.projections.count * ((layerCount + width - 1) / width)
    return units * drawCount + (strength == nil && kind != .delta ? 6 * layerCount : 0)
  }
}
