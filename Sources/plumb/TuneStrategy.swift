import Foundation
import Inference
import ModelFiles
import Tuning

/// How the steps of a run are made, before there is a model to make them with.
struct TuneStrategy {
  private enum Kind: String, CaseIterable {
    case plain, frozen, sap, swat, lisa
    case modular = "ml-lr"
  }

  /// What the strategy is made of.
  private enum Parts {
    case plain
    case frozen(LayerRange)
    case modular(ModuleSet, share: Double)
    case warmUp(ModuleSet, share: Double)
    case probing(ContrastiveSet, SafetyAwareProbing.Options)
    case alternation(TrainingSet, SafetyAlternation.Options)
  }

  private let parts: Parts
  /// What counts of files, by name: digests, and what was read of them.
  private(set) var digests: [(key: ByteString, value: JSONValue)] = []

  /// Reads what the chosen strategy needs.
  ///
  /// - Parameters:
  ///   - settings: the choices.
  ///   - model: whose blocks and modules are meant.
  ///   - digest: the model's SHA-256.
  ///   - data: lays examples out.
  /// - Throws: an error for a choice that makes no sense, or a file that cannot be used.
  init(
    _ settings: inout TuneSettings, model: AdaptedModel, digest: String, data: TuneData
  ) throws {
    let layerCount = model.checkpoint.configuration.layerCount
    let kind = try settings.choice(.strategy, default: Kind.plain)
    func need(_ key: TuneKey, _ what: String) throws -> String {
      guard let value = settings.text(key) else {
        throw TuningError.needed(
          strategy: kind.rawValue, what: "\(what); give --\(key.rawValue)")
      }
      return value
    }
    switch kind {
    case .plain: parts = .plain
    case .frozen:
      let text = try need(.layers, "the layers to freeze")
      let layers = try Self.layers(text, settings, layerCount: layerCount, digest: digest)
      digests.append(Self.content(of: layers))
      parts = .frozen(layers)
    case .modular, .swat:
      let path = try need(.modules, "a file of the robust modules")
      let found = try ModuleSet(path: path, model: digest)
      try found.demandFit(layerCount: layerCount)
      let robust = try Self.controlled(found, &settings, layerCount: layerCount)
      digests.append(("modules", .array(robust.members.map { .string($0.description) })))
      parts =
        kind == .modular
        ? .modular(robust, share: try settings.number(.share, default: 1e-3, in: 0...1000))
        : .warmUp(robust, share: try settings.number(.warmUpShare, default: 0.25, in: 0...1))
    case .sap:
      let contrast = settings.text(.contrast)
      let path = try contrast ?? need(.safety, "pairs of answers, or safety examples")
      let pairs = try data.pairs(of: path)
      digests.append(("contrast", .string(pairs.digest)))
      let options = try Self.probing(&settings, layerCount: layerCount, digest: digest)
      digests.append(Self.content(of: options.layers))
      parts = .probing(pairs, options)
    case .lisa:
      let safety = try data.examples(of: need(.safety, "safety examples"))
      digests.append(("safety", .string(safety.digest)))
      parts = .alternation(
        safety,
        SafetyAlternation.Options(
          safetySteps: try settings.whole(.safetySteps, default: 100, in: 1...1_000_000),
          taskSteps: try settings.whole(.taskSteps, default: 900, in: 1...1_000_000),
          pull: try settings.number(.pull, default: 1, in: 0...1e6)))
    }
  }

  /// The modules of a file, or what they are compared with.
  private static func controlled(
    _ modules: ModuleSet, _ settings: inout TuneSettings, layerCount: Int
  ) throws -> ModuleSet {
    switch try settings.choice(.moduleControl, default: ModuleControl.none) {
    case .none: return modules
    case .complement: return modules.complement(layerCount: layerCount)
    case .random:
      let seed = UInt64(try settings.whole(.seed, default: 0, in: 0...Int.max))
      return modules.redrawn(layerCount: layerCount, seed: seed)
    }
  }

  private enum ModuleControl: String, CaseIterable {
    case none, complement, random
  }

  /// What counts of layers, whatever file they were read from.
  private static func content(of layers: LayerRange) -> (key: ByteString, value: JSONValue) {
    ("layer-range", [.number(layers.first), .number(layers.last)])
  }

  /// Layers as typed, or of a file.
  private static func layers(
    _ text: String, _ settings: TuneSettings, layerCount: Int, digest: String
  ) throws -> LayerRange {
    let range: LayerRange
    if let typed = LayerRange(text: text) {
      range = typed
    } else if FileManager.default.fileExists(atPath: text) {
      range = try LayerRange(path: text, model: digest)
    } else {
      throw settings.fault(
        .layers, text, "a range of layers such as 5-10, or a file that holds one")
    }
    try range.demandFit(layerCount: layerCount)
    return range
  }

  private static func probing(
    _ settings: inout TuneSettings, layerCount: Int, digest: String
  ) throws -> SafetyAwareProbing.Options {
    let middle = SafetyAwareProbing.Options.middleLayers(of: layerCount)
    let text = settings.text(.layers, default: middle.description) ?? middle.description
    return SafetyAwareProbing.Options(
      layers: try layers(text, settings, layerCount: layerCount, digest: digest),
      probeSize: try settings.number(.probeSize, default: 0.05, in: 0...1000),
      moveShare: try settings.number(.moveShare, default: 2e-5, in: 0...1),
      mode: try settings.choice(.probeMode, default: .rms),
      safetyLoss: ContrastiveLoss(
        try settings.choice(.safetyLoss, default: .logistic),
        temperature: try settings.number(.temperature, default: 1, in: 1e-6...1e6)),
      isLagged: try settings.flag(.lagged),
      pairsPerStep: try settings.whole(.pairs, default: 8, in: 1...100_000),
      reportInterval: try settings.whole(.probeReport, default: 50, in: 0...1_000_000_000))
  }

  /// The blocks in which adapters have no place; none unless layers are frozen.
  var frozen: LayerRange {
    if case .frozen(let range) = parts { range } else { .none }
  }

  /// The strategy for a model.
  func strategy(
    for model: any DifferentiableModel, _ plan: TuningPlan
  ) -> any TuningStrategy {
    switch parts {
    case .plain: PlainTuning()
    case .frozen(let range): FrozenLayers(range)
    case .modular(let robust, let share): ModularRates(robust: robust, share: share)
    case .warmUp(let robust, let share): ModularWarmUp(robust: robust, warmUpShare: share)
    case .probing(let pairs, let options):
      SafetyAwareProbing(contrast: pairs, options: options, seed: plan.seed)
    case .alternation(let safety, let options):
      SafetyAlternation(safety: safety, plan.batches, model: model, options: options)
    }
  }
}
