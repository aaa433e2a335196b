public import Inference
import Kernels
public import Tokenization

/// Modules that can be disturbed together with little loss of the separation of harmful from harmless prompts.
public struct RobustModules: Codable, Sendable, Equatable {
  /// How it was searched.
  public let options: ModuleOptions
  /// What was done to modules.
  public let disturbance: ModuleDisturbance
  /// How its strength was found; nil where it was given.
  public let calibration: StrengthCalibration?
  /// The model's blocks.
  public let layerCount: Int
  /// The prompts.
  public let sample: StudySample
  /// How the classifier does with nothing disturbed.
  public let clean: SeparationFigures
  /// The least share of class 1 that had to be left.
  public let threshold: Double
  /// The modules, such as `3.q_proj`.
  public let modules: [String]
  /// The mean share left with all of them disturbed, over fresh draws; nil where there are none.
  public let share: Double?
  /// How often the prompts were read with modules disturbed.
  public let evaluations: Int
  /// What was tried, in order.
  public let steps: [RobustStep]
  /// Fixes every draw.
  public let seed: UInt64

  /// How many of the modules are of a kind.
  public func count(of module: WeightModule) -> Int {
    modules.count { $0.hasSuffix(".\(module.rawValue)") }
  }
}

extension ModelChecks {
  /// Draws by which what was found is verified.
  private static let freshDraws = 1...5

  /// Looks for modules that can be disturbed together with little loss.
  ///
  /// - Parameters:
  ///   - model: the files behind these checks' decoder.
  ///   - tuned: a tuning of it, for `delta`.
  ///   - parts: the part of the data that each prompt is for.
  ///   - tokenizer: the model's tokenizer.
  ///   - share: the least share that has to be left, of what the classifier finds with nothing disturbed.
  ///   - options: how modules are disturbed.
  ///   - log: keeps readings; nil keeps none.
  ///   - onReading: called after each reading with how many there are and about how many there will be; false ends
  ///     the work.
  /// - Returns: the modules as a set and as a result; nil where the work was ended.
  /// - Throws: `ModuleStudyError` where the classifier is unusable, `ModelFileError` where weights cannot be
  ///   read, `EntryLogError`.
  public func robustModules(
    of model: AdaptedModel, toward tuned: AdaptedModel? = nil, parts: [PromptPart],
    tokenizer: Tokenizer, keeping share: Double = 0.95, _ options: ModuleOptions = ModuleOptions(),
    log: ReadingLog? = nil,
    onReading: @escaping (_ done: Int, _ expected: Int) -> Bool = { _, _ in true }
  ) throws -> (set: ModuleSet, result: RobustModules)? {
    try robustModules(
      of: model.weights, toward: tuned?.weights, parts: parts, texts: userTexts(tokenizer),
      keeping: share, options, log: log, onReading: onReading)
  }

  /// The same of weights from anywhere.
  package func robustModules(
    of weights: any WeightSource, toward tuned: (any WeightSource)? = nil, parts: [PromptPart],
    texts: [String], keeping share: Double = 0.95, _ options: ModuleOptions = ModuleOptions(),
    log: ReadingLog? = nil,
    onReading: @escaping (_ done: Int, _ expected: Int) -> Bool = { _, _ in true }
  ) throws -> (set: ModuleSet, result: RobustModules)? {
    do {
      let layerCount = decoder.description.layerCount
      let study = try ModuleStudy(
        self, "model", weights, toward: tuned, parts: parts, texts: texts, options, log: log,
        progress: StudyProgress(expected: 14 * layerCount, onReading))
      let calibration = try study.calibration()
      let disturbance = study.disturbance(calibration)
      let (bench, clean) = (study.bench, study.bench.clean)
      let fresh = disturbance.kind.isDrawn ? Array(Self.freshDraws) : [0]
      let search = RobustSearch(
        layerCount: layerCount, threshold: share * clean.recall, verificationDraws: fresh.count,
        share: { try bench.decisiveRecall($0, disturbance) },
        verifiedShare: { members in
          try fresh.map { try bench.decisiveRecall(members, disturbance, draw: $0) }.mean
        })
      let found = try search.search()
      let set = ModuleSet(found.members)
      return (
        set,
        RobustModules(
          options: options, disturbance: disturbance, calibration: calibration,
          layerCount: layerCount, sample: study.prompts.sample, clean: clean,
          threshold: search.threshold, modules: set.members.map(\.description), share: found.share,
          evaluations: found.evaluations, steps: found.steps, seed: seed)
      )
    } catch is StudyEnded {
      return nil
    }
  }
}
