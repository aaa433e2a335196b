/// A LoRA adapter in memory: the factors of every module it changes.
public struct LowRankAdapter: Sendable, Equatable {
  /// The update of one module before scaling: `up × down`.
  public struct Module: Sendable, Equatable {
    /// The module's path in the model, such as `model.layers.3.self_attn.q_proj`.
    public let path: String
    /// The inner width.
    public let rank: Int
    /// Values the module takes.
    public let inputWidth: Int
    /// Values it gives.
    public let outputWidth: Int
    /// `lora_A`, `[rank, in]`.
    public var down: [Float]
    /// `lora_B`, `[out, rank]`.
    public var up: [Float]

    /// States a module's factors.
    ///
    /// - Precondition: the factors are of these sizes.
    public init(path: String, rank: Int, down: [Float], up: [Float]) {
      precondition(
        rank > 0 && !down.isEmpty && !up.isEmpty && down.count % rank == 0 && up.count % rank == 0,
        "\(path) has factors of \(down.count) and \(up.count) values at rank \(rank)")
      self.path = path
      self.rank = rank
      self.down = down
      self.up = up
      inputWidth = down.count / rank
      outputWidth = up.count / rank
    }
  }

  /// Which modules, ranks and scaling.
  public var configuration: AdapterConfiguration
  /// The modules in the order of their paths, layers by number.
  public private(set) var modules: [Module]
  /// SHA-256 of the model it was made on, where that is known.
  public var baseDigest: String?

  /// Puts an adapter together.
  ///
  /// - Precondition: each module's path is there once, and its rank is the configuration's.
  public init(_ configuration: AdapterConfiguration, modules: [Module], baseDigest: String? = nil) {
    for module in modules {
      let rank = configuration.rank(of: module.path)
      precondition(
        rank == module.rank, "\(module.path) has rank \(module.rank) where r is \(rank)")
    }
    precondition(
      Set(modules.map { ByteString($0.path) }).count == modules.count, "a module is there twice")
    self.configuration = configuration
    self.modules = modules.sorted { $0.path.comesBeforeModule($1.path) }
    self.baseDigest = baseDigest
  }

  /// What a module's `up × down` is multiplied by.
  public func scaling(of module: Module) -> Double { configuration.scaling(of: module.path) }

  /// The same adapter with another factor in place of each `up`.
  ///
  /// - Parameter up: gives the new `[out, rank]` of a module.
  /// - Returns: the adapter.
  public func replacingUp(_ up: (Module) throws -> [Float]) rethrows -> LowRankAdapter {
    var changed = self
    for index in modules.indices {
      let values = try up(modules[index])
      precondition(
        values.count == modules[index].up.count, "\(modules[index].path) changed its shape")
      changed.modules[index].up = values
    }
    return changed
  }

  /// The same adapter at a multiple of its strength: every weight of the update is multiplied exactly, by way of
  /// its alpha.
  public func scaled(by weight: Double) -> LowRankAdapter {
    var scaled = self
    scaled.configuration = configuration.scaled(by: weight)
    return scaled
  }
}

extension String {
  /// Whether a module's path comes before another's, part by part and numbers by their size.
  func comesBeforeModule(_ other: String) -> Bool {
    let (left, right) = (split(separator: "."), other.split(separator: "."))
    for (mine, theirs) in zip(left, right) where mine != theirs {
      if let mine = Int(mine), let theirs = Int(theirs), mine != theirs { return mine < theirs }
      return mine.utf8.lexicographicallyPrecedes(theirs.utf8)
    }
    return left.count < right.count
  }
}

extension LowRankAdapter {
  /// The SHA-256 of what the adapter adds at a strength: paths, ranks, scaling and factors.
  ///
  /// Equal for an adapter in memory and its folder, whatever else that says.
  public func digest(weight: Double = 1) -> String {
    unsafe Digest.sha256(ofPieces: { piece in
      for module in modules {
        let heading =
          "\(module.path)\0\(module.rank)\0\(module.inputWidth)\0\(module.outputWidth)\0"
          + "\(scaling(of: module) * weight)\0"
        unsafe Array(heading.utf8).withUnsafeBytes { unsafe piece($0) }
        unsafe module.down.withUnsafeBytes { unsafe piece($0) }
        unsafe module.up.withUnsafeBytes { unsafe piece($0) }
      }
    })
  }
}
