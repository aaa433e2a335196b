public import Inference
import Kernels
public import ModelFiles

/// Takes out of an adapter what leads away from alignment (Safe LoRA, arXiv 2405.16833).
///
/// In each module alignment changed the weights by `V = W_aligned - W_base`. Where the update `B A` hardly lies in
/// the directions of V, B is replaced by its projection. All modules are scored first, on untouched weights.
public struct SafeLoRA: Sendable {
  /// Which modules are edited.
  public enum Selection: Sendable, Equatable {
    /// Those whose cosine is at most this.
    case threshold(Double)
    /// This many, those with the smallest cosines.
    case number(Int)
  }

  /// Which modules are edited.
  public var selection: Selection
  /// How an update is projected.
  public var projection: AlignmentProjection
  /// Whether an edited update keeps its norm; otherwise the projection shrinks it.
  public var keepsNorm: Bool

  /// The published threshold.
  public static let standardThreshold = 0.5

  /// States how to edit.
  ///
  /// - Precondition: a number of modules is not negative.
  public init(
    _ selection: Selection = .threshold(standardThreshold), projection: AlignmentProjection = .raw,
    keepsNorm: Bool = false
  ) {
    if case .number(let count) = selection { precondition(count >= 0, "\(count) modules to edit") }
    self.selection = selection
    self.projection = projection
    self.keepsNorm = keepsNorm
  }

  /// What was found of a module, and whether it was edited.
  public struct ModuleScore: Sendable, Encodable, Equatable {
    /// The module's path.
    public let module: String
    /// The cosine between the projected update and the update; nil where one of the two changes nothing.
    public let cosine: Double?
    /// The norm of the projected update as a share of the update's.
    public let ratio: Double?
    /// How many directions of V the projector kept; nil for the published projection.
    public let dimension: Int?
    /// `|V|`, by how much alignment changed the weight.
    public let alignmentNorm: Double?
    /// The norm of the update, scaling included.
    public let updateNorm: Double
    /// Whether the module was edited.
    public let isEdited: Bool
  }

  /// An edited adapter and how it came about.
  public struct Outcome: Sendable {
    /// The adapter.
    public let adapter: LowRankAdapter
    /// Every module, in the adapter's order.
    public let scores: [ModuleScore]
    /// Things a user may want to know that make nothing wrong.
    public let notes: [String]
  }

  /// Edits an adapter.
  ///
  /// - Parameters:
  ///   - adapter: the adapter, which has to fit both models.
  ///   - base: the model before alignment.
  ///   - aligned: the same model after it.
  ///   - threads: how many modules to compare at a time; the result is the same for any.
  ///   - onProgress: told how many of how many modules are done, on any thread.
  /// - Returns: the edited adapter and the scores.
  /// - Throws: `ModelFileError` for an adapter or weights that do not fit, `AfterTuningError`.
  public func edit(
    _ adapter: LowRankAdapter, base: AdaptedModel, aligned: AdaptedModel, threads: Int,
    onProgress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws -> Outcome {
    useSingleThreadedBLAS()
    for model in [base, aligned] {
      try model.checkpoint.checkTensors()
      try adapter.check(
        against: DecoderDescription(model.checkpoint.configuration).linearModules,
        name: "the adapter", base: model.checkpoint.path)
    }
    let (before, after) = (base.weights, aligned.weights)
    let progress = SharedCount(onProgress, total: adapter.modules.count)
    let projected = try parallelMap(count: adapter.modules.count, threads: threads) { index in
      let module = adapter.modules[index]
      let difference = try WeightDifference(module.path, base: before, aligned: after)
      defer { progress.advance() }
      return Projected(
        update: try projection.project(module, onto: difference), isAligned: difference.norm > 0)
    }
    guard projected.contains(where: \.isAligned) else {
      throw AfterTuningError.noAlignment(
        base: base.checkpoint.path, aligned: aligned.checkpoint.path)
    }
    let edited = try chosen(projected.map(\.update))
    let places = Dictionary(
      uniqueKeysWithValues: adapter.modules.enumerated().map { ($1.path, $0) })
    let result = adapter.replacingUp { module in
      guard let place = places[module.path], edited.contains(place),
        let update = projected[place].update
      else { return module.up }
      let factor = keepsNorm && update.ratio > 0 ? 1 / update.ratio : 1
      return update.up.map { Float(factor * $0) }
    }
    let scores = adapter.modules.enumerated().map { index, module in
      ModuleScore(
        module: module.path, cosine: projected[index].update?.cosine,
        ratio: projected[index].update?.ratio, dimension: projected[index].update?.dimension,
        alignmentNorm: projected[index].update?.alignmentNorm,
        updateNorm: adapter.updateNorm(of: module), isEdited: edited.contains(index))
    }
    return Outcome(
      adapter: result, scores: scores,
      notes: Self.notes(adapter, base.checkpoint, aligned.checkpoint))
  }

  /// Says where what alignment changed has rounding in it.
  private static func notes(
    _ adapter: LowRankAdapter, _ base: Checkpoint, _ aligned: Checkpoint
  ) -> [String] {
    let rounded = adapter.modules.count { module in
      let name = ByteString("\(module.path).weight")
      let types = [base, aligned].map { $0.tensors[name]?.elementType }
      return types[0] != types[1] || types[0]?.elementsPerBlock != 1
    }
    guard rounded > 0, base.path != aligned.path else { return [] }
    return [
      "\(rounded) modules are quantised, or stored in different types by the two models, so that what "
        + "alignment changed in them has rounding in it"
    ]
  }

  /// The places of the modules to edit.
  private func chosen(_ updates: [ProjectedUpdate?]) throws -> Set<Int> {
    let scored = updates.enumerated().compactMap { index, update in
      update.map { (index: index, cosine: $0.cosine) }
    }
    switch selection {
    case .threshold(let threshold):
      return Set(scored.filter { $0.cosine <= threshold }.map(\.index))
    case .number(let count):
      guard count <= scored.count else {
        throw AfterTuningError.tooFewModules(wanted: count, available: scored.count)
      }
      let ranked = scored.sorted { ($0.cosine, $0.index) < ($1.cosine, $1.index) }
      return Set(ranked.prefix(count).map(\.index))
    }
  }
}

/// A projection that there may not be, and whether alignment changed the module.
private struct Projected: Sendable {
  let update: ProjectedUpdate?
  let isAligned: Bool
}
