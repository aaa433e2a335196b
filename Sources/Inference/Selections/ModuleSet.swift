public import ModelFiles

/// Weight modules of single blocks, such as those found robust.
public struct ModuleSet: Sendable, Hashable {
  /// A module of a block.
  public struct Member: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The kind of module.
    public let module: WeightModule
    /// 0-based block index.
    public let layer: Int

    /// Names a module of a block.
    public init(_ module: WeightModule, layer: Int) {
      precondition(module.isPerLayer && layer >= 0, "\(module.rawValue) of layer \(layer)")
      self.module = module
      self.layer = layer
    }

    /// Such as `3.q_proj`.
    public var description: String { "\(layer).\(module.rawValue)" }

    /// By layer, then by name.
    public static func < (left: Member, right: Member) -> Bool {
      (left.layer, left.module.rawValue) < (right.layer, right.module.rawValue)
    }
  }

  private let modules: Set<Member>

  /// Collects modules.
  public init(_ members: some Sequence<Member>) {
    modules = Set(members)
  }

  /// The modules by layer, then by name.
  public var members: [Member] { modules.sorted() }
  /// How many there are.
  public var count: Int { modules.count }

  /// Whether a module is in the set; modules outside the blocks never are.
  public func contains(_ module: WeightModule, layer: Int?) -> Bool {
    guard let layer, module.isPerLayer else { return false }
    return modules.contains(Member(module, layer: layer))
  }

  /// The projections of a model's blocks that are not in the set.
  public func complement(layerCount: Int) -> ModuleSet {
    ModuleSet(Self.all(layerCount: layerCount).filter { !modules.contains($0) })
  }

  /// As many modules of each kind as the set has, of blocks that a seed draws.
  public func redrawn(layerCount: Int, seed: UInt64) -> ModuleSet {
    var generator = SeededGenerator(seed: seed, stream: Self.redrawingStream)
    return ModuleSet(
      WeightModule.allCases.flatMap { module in
        var layers = Array(0..<layerCount)
        generator.shuffle(&layers)
        return layers.prefix(modules.count { $0.module == module }).map {
          Member(module, layer: $0)
        }
      })
  }

  private static let redrawingStream: UInt64 = 601

  private static func all(layerCount: Int) -> [Member] {
    WeightModule.projections.flatMap { module in
      (0..<layerCount).map { Member(module, layer: $0) }
    }
  }

  /// Refuses modules of blocks that a model does not have.
  public func demandFit(layerCount: Int) throws(InferenceError) {
    guard let last = modules.map(\.layer).max(), last >= layerCount else { return }
    throw .layerOutOfRange(layer: last, layerCount: layerCount)
  }
}

extension WeightModule {
  /// Whether every block has one.
  public var isPerLayer: Bool {
    switch self {
    case .embedTokens, .norm, .head: false
    default: true
    }
  }
}

extension ModuleSet {
  static let format = "plumbline-module-set"

  /// Writes the set to a JSON file: `format`, `schema`, `model` (SHA-256), `modules` with `module`, `layer`.
  public func write(to path: String, model: String, overwriting: Bool) throws(ModelFileError) {
    let modules = members.map { member in
      JSONValue.object([
        "module": .string(member.module.rawValue), "layer": .number(member.layer),
      ])
    }
    try SelectionFile.write(
      Self.format, model: model, ["modules": .array(modules)], to: path, overwriting: overwriting)
  }

  /// Reads a set from a JSON file.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - model: SHA-256 of the model it is to be used with.
  /// - Throws: `SelectionError` for a file that is none, or was made of another model.
  public init(path: String, model: String) throws {
    let object = try SelectionFile.read(path, Self.format, model: model, fields: ["modules"])
    guard let entries = object["modules"]?.asArray else {
      throw SelectionError(path: path, .noModules)
    }
    var members: Set<Member> = []
    for (index, entry) in entries.enumerated() {
      guard let fields = entry.asObject, fields.members.count == 2,
        let name = fields["module"]?.asString, let layer = fields["layer"]?.asInt, layer >= 0
      else { throw SelectionError(path: path, .entry(index: index)) }
      guard let module = WeightModule(rawValue: name.string), module.isPerLayer else {
        throw SelectionError(path: path, .module(index: index, name))
      }
      guard members.insert(Member(module, layer: layer)).inserted else {
        throw SelectionError(path: path, .repeated(module: module, layer: layer))
      }
    }
    self.init(members)
  }
}
