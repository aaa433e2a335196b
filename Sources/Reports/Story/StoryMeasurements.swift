import Audit
import Probes
import Statistics
import Tuning

/// The results of the steps with one tuning.
struct StoryMeasurements {
  let tuning: TuningReport
  let audit: AuditReport
  let drift: LayersReport<LayerDrift>
  let gap: LayersReport<LayerGap>
  /// Nil where it could not be measured.
  let modules: LayersReport<ModuleComparison>?
  let omitted: [StoryOmission]

  /// Reads them, but for what could not be measured.
  init(in folder: String, omitted: [StoryOmission]) throws {
    guard case .tuning(let run) = try ResultFile(path: "\(folder)/tune").result else {
      throw ReportError.notAResult(path: "\(folder)/tune")
    }
    tuning = run.report
    audit = try Self.audit(in: "\(folder)/audit")
    drift = try Self.layers(in: "\(folder)/layers")
    gap = try Self.layers(in: "\(folder)/gap")
    modules =
      try omitted.contains { $0.measure == .modules } ? nil : Self.layers(in: "\(folder)/modules")
    self.omitted = omitted
  }

  /// Reads an audit.
  static func audit(in folder: String) throws -> AuditReport {
    guard case .audit(let report) = try ResultFile(path: folder).result else {
      throw ReportError.notAResult(path: folder)
    }
    return report
  }

  private static func layers<Result: LayersResult>(
    in folder: String
  ) throws -> LayersReport<Result> {
    guard let report = try LayersReport<Result>(in: folder) else {
      throw ReportError.noResult(folder: folder)
    }
    return report
  }
}

extension StoryArmFigures {
  /// Collects what was measured of a tuning.
  init(name: String, _ measured: StoryMeasurements) {
    let probe = StoryFigure.probe(measured.drift.result)
    let unread = StoryOmission(
      .probe,
      reason: "behind no layer a probe of the model before tells held-out prompts well enough")
    self.init(
      name: name, strategy: measured.tuning.outcome.strategy, steps: measured.tuning.outcome.steps,
      figures: StoryFigure.refusals(measured.audit.result)
        + [
          measured.audit.result.heldOut.map(StoryFigure.init),
          probe, .direction(measured.drift.result),
          .movement(measured.drift.result), .divergence(measured.drift.result),
          StoryFigure(measured.gap.result), measured.modules.flatMap { StoryFigure($0.result) },
        ].compactMap(\.self), omitted: (probe == nil ? [unread] : []) + measured.omitted)
  }
}

extension StoryFigure {
  /// Refusals of harmful and of harmless requests.
  static func refusals(_ result: AuditResult) -> [StoryFigure] {
    let margin = AuditMargins().refusal
    let isIncoherent = result.flags.contains(.incoherent)
    return [
      StoryFigure(.harmfulRefused, result.harmful, isIncoherent, risesAre: .gain, margin),
      StoryFigure(.harmlessRefused, result.harmless, isIncoherent, risesAre: .loss, margin),
    ]
  }

  private init(
    _ measure: StoryMeasure, _ set: PromptSetComparison, _ isIncoherent: Bool,
    risesAre rise: Finding, _ margin: Double
  ) {
    let refusals = set.anywhere.refusals
    let change = StoryChange(
      value: refusals.difference.value, low: refusals.difference.low,
      high: refusals.difference.high)
    self.init(
      measure: measure, before: refusals.before.value, after: refusals.after.value, change: change,
      places: nil, count: set.prompts,
      finding: isIncoherent && set.hangsOnDebris
        ? .open : change.finding(margin: margin, risesAre: rise))
  }

  /// The loss of harmless answers.
  init(_ comparison: HeldOutComparison) {
    let change = StoryChange(comparison.increase)
    self.init(
      measure: .heldOutLoss, before: comparison.before.value, after: comparison.after.value,
      change: change, places: nil, count: comparison.texts,
      finding: change.low > 0 ? .loss : change.high < 0 ? .gain : .open)
  }

  /// The probe of the model before, at the layer where it changed most.
  static func probe(_ drift: LayerDrift) -> StoryFigure? {
    let layers = drift.layers.filter { $0.probe.frozenChange != nil && $0.probe.fate != .unusable }
    let changes = layers.compactMap(\.probe.frozenChange)
    let lost = drift.lostLayers
    let places = layers.indices.filter { lost.contains(layers[$0].layer) }
    guard let place = changes.largest(among: places) else { return nil }
    return StoryFigure(
      measure: .probe, before: layers[place].probe.before.auroc?.value,
      after: layers[place].probe.frozen.auroc?.value, change: StoryChange(changes[place]),
      places: lost, count: layers.count,
      finding: !drift.goneLayers.isEmpty
        ? .loss
        : !lost.isEmpty
          ? .change : layers.allSatisfy { $0.probe.fate == .kept } ? .none : .open)
  }

  /// The direction between the classes, where it turned most.
  static func direction(_ drift: LayerDrift) -> StoryFigure? {
    let layers = drift.layers.filter { $0.direction.cosine != nil }
    let turned = drift.turnedLayers
    let least = layers.filter { turned.isEmpty || turned.contains($0.layer) }.min {
      ($0.direction.cosine?.value ?? 1) < ($1.direction.cosine?.value ?? 1)
    }
    guard let cosine = least?.direction.cosine else { return nil }
    let change = StoryChange(
      value: cosine.value - 1, low: cosine.low - 1, high: cosine.high - 1)
    return StoryFigure(
      measure: .direction, before: 1, after: cosine.value, change: change, places: turned,
      count: layers.count,
      finding: turned.isEmpty ? change.findingWithoutMargin : .change)
  }

  /// Whether vectors of harmful prompts moved further than those of harmless ones.
  static func movement(_ drift: LayerDrift) -> StoryFigure? {
    let layers = drift.layers.filter { $0.stream.difference != nil }
    let changes = layers.compactMap(\.stream.difference)
    guard let place = changes.largest(among: changes.changed) else { return nil }
    return StoryFigure(
      measure: .movement, before: layers[place].stream.harmless?.value,
      after: layers[place].stream.harmful?.value,
      places: changes.changed.map { layers[$0].layer }, of: changes, at: place)
  }

  /// The divergence of next tokens.
  static func divergence(_ drift: LayerDrift) -> StoryFigure? {
    drift.replies.all.mean.map { mean in
      StoryFigure(
        measure: .divergence, before: 0, after: mean.value, change: StoryChange(mean), places: nil,
        count: drift.replies.all.prompts, finding: drift.nextTokensDiffer ? .change : .none)
    }
  }

  /// The angle gap; nil without the model before.
  init?(_ gap: LayerGap) {
    guard let control = gap.control, let changes = gap.changes,
      let place = changes.largest(among: changes.changed)
    else { return nil }
    self.init(
      measure: .angleGap, before: control.blocks[place].gap.value, after: gap.gaps[place].value,
      places: changes.changed, of: changes, at: place)
  }

  /// The map of modules; nil without a second one.
  init?(_ comparison: ModuleComparison) {
    let differences = comparison.differences.filter { $0.change != nil }
    let changes = differences.compactMap(\.change)
    guard let place = changes.largest(among: changes.changed) else { return nil }
    self.init(
      measure: .modules, before: nil, after: nil, places: changes.changed, of: changes, at: place)
  }

  /// Changes at many places with bands that hold for all of them, by the largest.
  ///
  /// There is no margin within which they would not matter, so something is found or it is undecided.
  private init(
    measure: StoryMeasure, before: Double?, after: Double?, places: [Int], of changes: [Estimate],
    at place: Int
  ) {
    let change = StoryChange(changes[place])
    self.init(
      measure: measure, before: before, after: after, change: change, places: places,
      count: changes.count, finding: places.isEmpty ? change.findingWithoutMargin : .change)
  }
}

extension StoryChange {
  /// What a change may say that is not told from none where nothing says what would matter.
  fileprivate var findingWithoutMargin: StoryFigure.Finding {
    // Vectors that are the same differ by rounding at most.
    max(abs(low), abs(high)) < 1e-12 ? .none : .open
  }

  init(_ estimate: Estimate) {
    self.init(value: estimate.value, low: estimate.low, high: estimate.high)
  }
}

extension [Estimate] {
  /// The places of what is told from no change.
  fileprivate var changed: [Int] { indices.filter { self[$0].excludesZero } }

  /// The place of the largest change among some, or among all where those are none.
  fileprivate func largest(among places: [Int]) -> Int? {
    (places.isEmpty ? [Int](indices) : places).max { abs(self[$0].value) < abs(self[$1].value) }
  }
}
