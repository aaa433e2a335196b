import Foundation
import Inference
import Kernels
import ModelFiles
import Tuning

/// What of a model is trained, and how the outcome is written.
struct TuneModel {
  let method: TuneMethod
  let precision: Precision
  /// The adapters' configuration; nil where all weights are trained.
  let adapter: AdapterConfiguration?
  private let base: AdaptedModel
  private let digest: String
  private let modules: [WeightModule]

  /// Reads what of a model is trained.
  ///
  /// - Parameters:
  ///   - settings: the choices.
  ///   - method: adapters or all weights.
  ///   - model: the model.
  ///   - digest: its SHA-256.
  ///   - frozen: blocks that are given no adapters.
  /// - Throws: an error for a choice that makes no sense.
  init(
    _ settings: inout TuneSettings, method: TuneMethod, model: AdaptedModel, digest: String,
    frozen: LayerRange
  ) throws {
    self.method = method
    base = model
    self.digest = digest
    precision = try settings.choice(.precision, default: .f32)
    guard method == .lora else {
      adapter = nil
      modules = []
      return
    }
    let rank = try settings.whole(.rank, default: 8, in: AdapterConfiguration.ranksAllowed)
    let names = WeightModule.projections.map(\.rawValue).joined(separator: ",")
    let text = settings.text(.targets, default: names) ?? names
    let parts = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    let modules = parts.compactMap(WeightModule.init).filter(WeightModule.projections.contains)
    guard modules.count == parts.count, Set(modules).count == parts.count else {
      throw settings.fault(.targets, text, "modules once each, of \(names)")
    }
    self.modules = modules
    let layerCount = model.checkpoint.configuration.layerCount
    let layers = (0..<layerCount).filter { !frozen.contains($0) }
    guard !layers.isEmpty else { throw TuningError.nothingToTrain(strategy: "frozen") }
    adapter = AdapterConfiguration(
      rank: rank,
      alpha: try settings.number(.alpha, default: Double(2 * rank), in: 0...1e6),
      targets: .names(parts), isRankStabilized: try settings.flag(.rankStabilized),
      dropout: try settings.number(.dropout, default: 0, in: 0...0.99),
      layers: layers.count == layerCount ? nil : layers,
      baseModel: URL(fileURLWithPath: model.checkpoint.path).lastPathComponent)
  }

  /// Refuses rates of modules without adapters, where they would mean nothing.
  func demandTrained(_ rates: [WeightModule: Double], _ settings: TuneSettings) throws {
    let idle = rates.keys.filter { !modules.contains($0) }.map(\.rawValue).min()
    guard adapter != nil, let idle else { return }
    throw settings.fault(.moduleRates, idle, "modules that --targets names")
  }

  /// Whether dropout masks are drawn.
  var usesDropout: Bool { (adapter?.dropout ?? 0) > 0 }

  /// Loads the model with what is trained of it.
  func load(
    seed: UInt64, weightByteLimit: Int, activationByteLimit: Int, threads: Int
  ) throws -> TrainableDecoder {
    try TrainableDecoder(
      base, scope: scope(seed: seed), precision: precision,
      weightByteLimit: weightByteLimit, activationByteLimit: activationByteLimit, threads: threads)
  }

  private func scope(seed: UInt64) -> TrainingScope {
    guard let adapter else { return .weights(nil) }
    let layers =
      adapter.layers ?? Array(0..<base.checkpoint.configuration.layerCount)
    let placements = layers.flatMap { layer in
      modules.map { module in
        AdapterPlacement(
          module: module, layer: layer, rank: adapter.rank,
          scaling: AdapterPlacement.scaling(
            alpha: Float(adapter.alpha), rank: adapter.rank,
            isRankStabilised: adapter.isRankStabilized),
          dropout: Float(adapter.dropout))
      }
    }
    return .adapters(placements, seed: seed)
  }

  /// Writes `adapter/` or `model/` into a run's folder.
  ///
  /// - Parameters:
  ///   - tensors: what was trained.
  ///   - folder: the run's folder.
  ///   - origin: how it was made, for the adapter's card.
  /// - Returns: the folder's name, and how far each weight moved.
  /// - Throws: `ModelFileError` where the folder cannot be written.
  func write(
    _ tensors: [TrainableTensor], to folder: String, origin: String
  ) throws -> (name: String, updates: [UpdateNorm]) {
    let name = adapter == nil ? "model" : "adapter"
    let path = "\(folder)/\(name)"
    // Of a run that was killed while it wrote its result; it is written again.
    if FileManager.default.fileExists(atPath: path) {
      try FileManager.default.removeItem(atPath: path)
    }
    guard let adapter else {
      _ = try ModelExport(base, tuned: tensors).write(to: path) { _, _ in }
      return (name, try UpdateNorm.all(of: tensors, on: base))
    }
    let trained = LowRankAdapter(adapter, of: tensors, baseDigest: digest)
    try trained.write(to: path, origin: origin)
    return (name, try UpdateNorm.all(of: trained, on: base))
  }
}
