public import Inference
public import Tokenization

extension ModelChecks {
  /// Compares the modules that a separation rests on before and after a tuning, and says whose changes did it.
  ///
  /// - Parameters:
  ///   - model: the files behind these checks' decoder, before the tuning.
  ///   - tuned: the model after it, with the same prompts.
  ///   - parts: the part of the data that each prompt is for.
  ///   - tokenizer: the models' tokenizer.
  ///   - options: what is disturbed, and how; not by `delta`.
  ///   - log: keeps readings; nil keeps none.
  ///   - onReading: called after each reading with how many there are and about how many there will be; false ends
  ///     the work.
  /// - Returns: the comparison; nil where the work was ended.
  /// - Throws: `ModuleStudyError` where the classifier of the model before is unusable, `ModelFileError` where
  ///   weights cannot be read, `EntryLogError`.
  public func moduleComparison(
    of model: AdaptedModel, with tuned: TunedModel, parts: [PromptPart], tokenizer: Tokenizer,
    _ options: ModuleOptions, log: ReadingLog? = nil,
    onReading: @escaping (_ done: Int, _ expected: Int) -> Bool = { _, _ in true }
  ) throws -> ModuleComparison? {
    try moduleComparison(
      of: model.weights, with: tuned, parts: parts, texts: userTexts(tokenizer), options, log: log,
      onReading: onReading)
  }

  /// The same of weights from anywhere.
  package func moduleComparison(
    of weights: any WeightSource, with tuned: TunedModel, parts: [PromptPart], texts: [String],
    _ options: ModuleOptions, log: ReadingLog? = nil,
    onReading: @escaping (_ done: Int, _ expected: Int) -> Bool = { _, _ in true }
  ) throws -> ModuleComparison? {
    precondition(options.kind != .delta, "maps by delta are of one model each")
    let layerCount = decoder.description.layerCount
    let groups = DeltaAttribution.units(layerCount: layerCount)
    let progress = StudyProgress(
      expected: 2 * options.expectedReadings(layerCount: layerCount) + 2 * groups.count + 2,
      onReading)
    do {
      let before = try ModuleStudy(
        self, "before", weights, toward: tuned.weights, parts: parts, texts: texts, options,
        log: log, progress: progress)
      let pair = try ComparedStudies(before, tuned, log: log, progress: progress)
      let calibration = try before.calibration()
      let disturbance = before.disturbance(calibration)
      let readings = try before.readings(disturbance)
      let map = before.map(readings, disturbance, calibration: calibration)
      let outcome = pair.outcome
      // Disturbances judged by a classifier that reads nothing say nothing.
      let laterReadings = outcome == .gone ? nil : try pair.after.readings(disturbance)
      let later = laterReadings.map { pair.after.map($0, disturbance, calibration: calibration) }
      let differences = laterReadings.map { pair.differences(readings, $0) }
      return ModuleComparison(
        outcome: outcome, carried: pair.carriedFigures, refitted: pair.refitted,
        before: map, after: later, differences: differences?.units ?? [],
        bandFactor: differences?.bands.factor, attribution: try pair.attribution(groups))
    } catch is StudyEnded {
      return nil
    }
  }
}

/// A study before a tuning and what is judged after it.
private struct ComparedStudies {
  let before: ModuleStudy
  /// By classifiers fitted anew.
  let after: ModuleStudy
  /// The model after, by the classifiers of the model before.
  let carried: ModuleBench
  /// How those do there, on all prompts that none is fitted on.
  let carriedFigures: SeparationFigures

  init(
    _ before: ModuleStudy, _ tuned: TunedModel, log: ReadingLog?, progress: StudyProgress
  ) throws {
    let prompts = try before.prompts.with(tuned.checks.decoder)
    let suffix = try SuffixBench(
      tuned.checks.decoder, prompts.judged.tokens, threads: prompts.judged.threads)
    let classifiers = before.bench.classifiers
    let refitted = try StudyClassifiers(
      prompts, clean: suffix.clean, control: classifiers.control?.label)
    carriedFigures = try prompts.heldOutFigures(of: classifiers.security)
    let modules = DisturbedModules(tuned.weights, tuned: before.weights)
    self.before = before
    after = ModuleStudy(
      prompts, "after", suffix, refitted, modules, weights: tuned.weights, before.options, log: log,
      progress: progress)
    carried = ModuleBench(
      "after by the first classifier", suffix, labels: prompts.labels, classifiers, modules,
      seed: prompts.judged.seed, threads: prompts.judged.threads, log: log, progress: progress)
  }

  /// How classifiers fitted anew do, on the same prompts.
  var refitted: SeparationFigures { after.bench.classifiers.heldOut }

  /// What became of the separation.
  var outcome: ModuleComparison.Outcome {
    carriedFigures.isUsable ? .held : refitted.isUsable ? .moved : .gone
  }

  /// How much more is lost after than before, on the same prompts.
  func differences(
    _ earlier: [UnitReadings], _ later: [UnitReadings]
  ) -> (units: [ModuleComparison.Difference], bands: SimultaneousBands) {
    let (first, second) = (before.summary(), after.summary())
    let pairs = Array(zip(earlier, later))
    let bands = SimultaneousBands(
      pairs.map { second.securityLoss($1.readings).minus(first.securityLoss($0.readings)) },
      adding: pairs.map { earlier, later in
        let losses = zip(first.figures(earlier.readings), second.figures(later.readings)).map {
          $1.loss(from: second.clean) - $0.loss(from: first.clean)
        }
        return losses.sampleVariance / Double(max(losses.count, 1))
      })
    let units = pairs.enumerated().map { index, pair in
      func sensitivity(_ summary: ReadingSummary, _ unit: UnitReadings) -> Double {
        summary.figures(unit.readings).map {
          summary.clean.recall - $0.decisiveRecall(from: summary.clean)
        }.mean
      }
      return ModuleComparison.Difference(
        unit: pair.0.unit, sensitivityBefore: sensitivity(first, pair.0),
        sensitivityAfter: sensitivity(second, pair.1), change: bands.estimates[index])
    }
    return (units, bands)
  }

  /// What the changes of groups of modules do.
  func attribution(_ groups: [ModuleUnit]) throws -> DeltaAttribution {
    let whole = ModuleDisturbance(.delta, strength: 1)
    func with(_ members: [ModuleSet.Member]) throws -> (SeparationFigures, change: Double) {
      let reading = try before.bench.reading(members, whole)
      return (before.bench.figures(security: reading.security), reading.weightChange)
    }
    func without(_ members: [ModuleSet.Member]) throws -> SeparationFigures {
      carried.figures(security: try carried.reading(members, whole).security)
    }
    let all = groups.flatMap(\.members)
    return DeltaAttribution(
      before: before.bench.clean, after: carried.clean, allChanges: try with(all).0,
      noChanges: try without(all),
      groups: try groups.map { unit in
        let (sufficiency, change) = try with(unit.members)
        return DeltaAttribution.Group(
          unit: unit, weightChange: change, sufficiency: sufficiency,
          necessity: try without(unit.members))
      })
  }
}

extension DeltaAttribution {
  /// Every kind of module in every third of the depth.
  static func units(layerCount: Int) -> [ModuleUnit] {
    WeightModule.projections.flatMap { module in
      DepthBand.all(layerCount: layerCount).map { ModuleUnit(module, layers: $0.layers) }
    }
  }
}
