/// How a LoRA adapter changes a model, as PEFT's `adapter_config.json` says it.
///
/// A module's weight becomes `W + scaling × B A`, where A is `[rank, in]` and B `[out, rank]`.
public struct AdapterConfiguration: Sendable, Equatable {
  /// Which modules have an update.
  public enum Targets: Sendable, Equatable {
    /// Those whose path ends in one of these names.
    case names([String])
    /// Those that a regular expression of Python's matches; it is kept and never run, the adapter's tensors
    /// say which modules they are.
    case pattern(String)
    /// Every linear module but the head.
    case allLinear
  }

  /// A value for the modules of a pattern.
  public struct Exception<Value: Sendable & Equatable>: Sendable, Equatable {
    /// Which modules.
    public let modules: ModulePattern
    /// Their value.
    public let value: Value

    /// Pairs modules with a value.
    public init(modules: ModulePattern, value: Value) {
      self.modules = modules
      self.value = value
    }
  }

  /// The rank where no exception says otherwise (`r`).
  public var rank: Int
  /// What the update is multiplied by before it is divided by the rank (`lora_alpha`).
  public var alpha: Double
  /// Which modules have an update (`target_modules`).
  public var targets: Targets
  /// Modules that `targets` names and that have none (`exclude_modules`).
  public var excluded: Targets?
  /// Other ranks; the first that matches holds (`rank_pattern`).
  public var ranks: [Exception<Int>]
  /// Other alphas; the first that matches holds (`alpha_pattern`).
  public var alphas: [Exception<Double>]
  /// Whether alpha is divided by the root of the rank (`use_rslora`).
  public var isRankStabilized: Bool
  /// The share of inputs left out in training (`lora_dropout`).
  public var dropout: Double
  /// The only layers with updates; nil for all (`layers_to_transform`).
  public var layers: [Int]?
  /// What the base model is called; never opened (`base_model_name_or_path`).
  public var baseModel: String?
  /// Which version of the base model (`revision`).
  public var revision: String?

  /// The ranks an adapter may have.
  public static let ranksAllowed = 1...4_096
  /// The largest alpha, whatever its sign.
  static let alphaLimit = 1e6

  /// States a configuration.
  public init(
    rank: Int, alpha: Double, targets: Targets, excluded: Targets? = nil,
    ranks: [Exception<Int>] = [], alphas: [Exception<Double>] = [], isRankStabilized: Bool = false,
    dropout: Double = 0, layers: [Int]? = nil, baseModel: String? = nil, revision: String? = nil
  ) {
    self.rank = rank
    self.alpha = alpha
    self.targets = targets
    self.excluded = excluded
    self.ranks = ranks
    self.alphas = alphas
    self.isRankStabilized = isRankStabilized
    self.dropout = dropout
    self.layers = layers
    self.baseModel = baseModel
    self.revision = revision
  }

  /// The rank of a module's update.
  public func rank(of path: String) -> Int {
    ranks.first { $0.modules.matches(path) }?.value ?? rank
  }

  /// The alpha of a module's update.
  public func alpha(of path: String) -> Double {
    alphas.first { $0.modules.matches(path) }?.value ?? alpha
  }

  /// What a module's `B A` is multiplied by.
  public func scaling(of path: String) -> Double {
    let rank = Double(rank(of: path))
    return alpha(of: path) / (isRankStabilized ? rank.squareRoot() : rank)
  }

  /// Whether a linear module of a model has an update; nil where a regular expression would have to be run.
  func demands(_ path: String) -> Bool? {
    guard excluded == nil else { return nil }
    if let layers, !layers.contains(path.layerOfModulePath ?? -1) { return false }
    switch targets {
    case .names(let names): return names.contains(where: path.endsWithModule)
    case .pattern: return nil
    case .allLinear: return path != "lm_head"
    }
  }

  /// The same adapter at a multiple of its strength.
  public func scaled(by weight: Double) -> AdapterConfiguration {
    var scaled = self
    scaled.alpha *= weight
    scaled.alphas = alphas.map { Exception(modules: $0.modules, value: $0.value * weight) }
    return scaled
  }
}
