public import Inference

/// Which modules are disturbed together.
public enum ModuleUnits: String, Codable, Sendable, CaseIterable {
  /// One module at a time.
  case single
  /// Modules of one kind in consecutive blocks.
  case windows
}

/// Modules of one kind in consecutive blocks, disturbed together.
public struct ModuleUnit: Codable, Sendable, Hashable {
  /// The kind.
  public let module: WeightModule
  /// The blocks.
  public let layers: LayerRange

  /// Names modules.
  public init(_ module: WeightModule, layers: LayerRange) {
    precondition(!layers.isEmpty, "a unit without a block")
    self.module = module
    self.layers = layers
  }

  /// The modules.
  public var members: [ModuleSet.Member] {
    (layers.first...layers.last).map { ModuleSet.Member(module, layer: $0) }
  }

  /// The units of a map, kind by kind from the first block on.
  ///
  /// - Parameters:
  ///   - layerCount: the model's blocks.
  ///   - width: how many blocks a unit spans; the last one of a kind may span fewer.
  /// - Returns: the units.
  static func all(layerCount: Int, width: Int) -> [ModuleUnit] {
    WeightModule.projections.flatMap { module in
      stride(from: 0, to: layerCount, by: width).map { first in
        ModuleUnit(
          module,
          layers: LayerRange(first: first, last: min(first + width, layerCount) - 1))
      }
    }
  }
}

extension ModuleUnits {
  /// How many blocks a unit of this sort spans, unless asked otherwise.
  func width(layerCount: Int) -> Int {
    switch self {
    case .single: 1
    case .windows: max(1, Int((Double(layerCount) / 8).rounded()))
    }
  }
}
