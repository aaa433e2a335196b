public import Inference
import Kernels
import ModelFiles

/// How far one matrix moved.
public struct WeightChange: Codable, Sendable, Equatable {
  /// The module's path, such as `model.layers.3.self_attn.q_proj`.
  public let module: String
  /// Its layer; nil outside of the blocks.
  public let layer: Int?
  /// The rank of the update; nil where weights were compared.
  public let rank: Int?
  /// What an adapter's product is multiplied by; nil where weights were compared, or several adapters added.
  public let scaling: Double?
  /// The Frobenius norm of the change.
  public let norm: Double
  /// By the norm of the weight before.
  public let relativeNorm: Double
  /// The largest singular value of the change.
  public let topSingularValue: Double
  /// The share of its squared norm that this direction has.
  public let topShare: Double

  /// The kind of module, such as `q_proj`.
  public var kind: String { module.split(separator: ".").last.map(String.init) ?? module }
}

/// The change of some of the matrices together.
public struct WeightRegion: Codable, Sendable, Equatable {
  /// How many matrices it has.
  public let modules: Int
  /// How many of them changed.
  public let changed: Int
  /// The norm of their changes together.
  public let norm: Double
  /// By the norm of their weights before.
  public let relativeNorm: Double
  /// The share of the whole change's squared norm.
  public let share: Double
}

/// A part of the model, and the rest of it.
public struct WeightDivision: Codable, Sendable, Equatable {
  /// What the part is: layers, or the name of a file of modules.
  public let name: String
  /// Inside.
  public let inside: WeightRegion
  /// Outside.
  public let outside: WeightRegion
}

/// How far weights moved.
public struct WeightReport: Codable, Sendable, Equatable {
  /// How many matrices were compared.
  public let modules: Int
  /// Those that changed.
  public let changes: [WeightChange]
  /// All matrices together.
  public let whole: WeightRegion
  /// Inside and outside of the safety layers; nil where none were named.
  public let layers: WeightDivision?
  /// Inside and outside of the set of modules; nil where none was named.
  public let moduleSet: WeightDivision?

  /// Compares two models.
  ///
  /// - Parameters:
  ///   - before: the model before the tuning.
  ///   - after: the model after it.
  ///   - layers: the safety layers; nil where they are not known.
  ///   - moduleSet: the modules that safety rests on, and what to call them; nil where they are not known.
  ///   - threads: how many matrices are compared at a time; the result is the same for any.
  /// - Throws: `AuditError.otherModel` for models of other shapes, `ModelFileError`.
  public init(
    from before: AdaptedModel, to after: AdaptedModel, layers: LayerRange? = nil,
    moduleSet: (name: String, set: ModuleSet)? = nil, threads: Int
  ) throws {
    let updates = try WeightUpdates(from: before, to: after)
    useSingleThreadedBLAS()
    let paths = updates.modules
    let measured = try parallelMap(count: paths.count, threads: threads) { index in
      try updates.measure(paths[index].path, shape: paths[index].shape)
    }
    modules = measured.count
    changes = measured.map(\.change).filter { $0.norm > 0 }
    let total = measured.reduce(0) { $0 + $1.change.norm * $1.change.norm }
    func region(_ isInside: (WeightChange) -> Bool) -> WeightRegion {
      WeightRegion(measured.filter { isInside($0.change) }, of: total)
    }
    func division(_ name: String, _ isInside: (WeightChange) -> Bool) -> WeightDivision {
      WeightDivision(name: name, inside: region(isInside), outside: region { !isInside($0) })
    }
    whole = region { _ in true }
    self.layers = layers.map { range in
      division("\(range)") { $0.layer.map(range.contains) ?? false }
    }
    self.moduleSet = moduleSet.map { named in
      division(named.name) { change in
        WeightModule(rawValue: change.kind).map {
          named.set.contains($0, layer: change.layer)
        } ?? false
      }
    }
  }
}

/// A change and the norm of the weight it is of.
private struct MeasuredChange: Sendable {
  let change: WeightChange
  let weightNorm: Double
}

extension WeightRegion {
  fileprivate init(_ measured: [MeasuredChange], of total: Double) {
    let squares = measured.reduce(0) { $0 + $1.change.norm * $1.change.norm }
    let weights = measured.reduce(0) { $0 + $1.weightNorm * $1.weightNorm }
    self.init(
      modules: measured.count, changed: measured.count { $0.change.norm > 0 },
      norm: squares.squareRoot(),
      relativeNorm: weights == 0 ? 0 : (squares / weights).squareRoot(),
      share: total == 0 ? 0 : squares / total)
  }
}

extension WeightUpdates {
  /// Measures one module.
  fileprivate func measure(_ path: String, shape: [Int]) throws -> MeasuredChange {
    let difference = try difference(of: path, shape: shape)
    let norm = difference.squaredNorm.squareRoot()
    let top = norm == 0 ? 0 : difference.topSingularValue(seed: 0)
    let factors = factors(of: path)
    let weight = try self.norm(of: path)
    let change = WeightChange(
      module: path, layer: path.layerOfModulePath,
      rank: factors.map { $0.reduce(0) { $0 + $1.module.rank } },
      scaling: factors?.count == 1 ? factors?.first?.scale : nil, norm: norm,
      relativeNorm: weight == 0 ? 0 : norm / weight, topSingularValue: top,
      topShare: norm == 0 ? 0 : top * top / (norm * norm))
    return MeasuredChange(change: change, weightNorm: weight)
  }
}
