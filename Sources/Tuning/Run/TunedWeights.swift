public import Inference
import Kernels
public import ModelFiles

extension LowRankAdapter {
  /// The adapter that trained tensors are the factors of, `….lora_A.weight` and `….lora_B.weight`.
  ///
  /// - Precondition: both factors of every module are there.
  public init(
    _ configuration: AdapterConfiguration, of tensors: [TrainableTensor], baseDigest: String
  ) {
    let (down, up) = (".lora_A.weight", ".lora_B.weight")
    let byName = Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, $0) })
    let modules = tensors.filter { $0.name.hasSuffix(down) }.map { tensor in
      let path = String(tensor.name.dropLast(down.count))
      guard let other = byName[path + up] else {
        preconditionFailure("\(path) has no \(up.dropFirst())")
      }
      return Module(
        path: path, rank: tensor.shape[0], down: tensor.values.array(), up: other.values.array())
    }
    self.init(configuration, modules: modules, baseDigest: baseDigest)
  }
}

/// A model's weights with trained ones in place of those of the same name.
struct TunedWeights: WeightSource {
  private let base: any WeightSource
  private let tensors: [String: TrainableTensor]

  init(_ base: any WeightSource, tensors: [TrainableTensor]) {
    self.base = base
    self.tensors = Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, $0) })
  }

  func shape(of name: String) -> [Int] { base.shape(of: name) }

  func read(_ name: String, into values: inout MutableSpan<Float>) throws(ModelFileError) {
    guard let tensor = tensors[name] else { return try base.read(name, into: &values) }
    tensor.values.copy(0..<tensor.values.rowCapacity, into: &values)
  }

  func read(
    _ name: String, row: Int, into values: inout MutableSpan<Float>
  ) throws(ModelFileError) {
    guard let tensor = tensors[name] else { return try base.read(name, row: row, into: &values) }
    tensor.values.copy(row..<row + 1, into: &values)
  }

  func announce(_ name: String) {
    if tensors[name] == nil { base.announce(name) }
  }

  func release(_ name: String) {
    if tensors[name] == nil { base.release(name) }
  }
}

extension FloatMatrix {
  fileprivate func copy(_ rows: Range<Int>, into values: inout MutableSpan<Float>) {
    let source = self[rows: rows]
    precondition(source.count == values.count, "\(source.count) values into \(values.count)")
    for index in source.indices { values[index] = source[index] }
  }
}

extension ModelExport {
  /// Prepares to write a model with trained weights, all in float32.
  ///
  /// - Parameters:
  ///   - model: the model that was tuned.
  ///   - tensors: its trained weights.
  /// - Throws: `ModelFileError` for tensors that do not fit the configuration.
  public init(_ model: AdaptedModel, tuned tensors: [TrainableTensor]) throws(ModelFileError) {
    try self.init(
      model.checkpoint, weights: TunedWeights(model.weights, tensors: tensors), elementType: .f32)
  }
}

/// How far tuning moved a weight.
public struct UpdateNorm: Sendable, Codable, Equatable {
  /// The tensor's name in the model.
  public let tensor: String
  /// The kind of module.
  public let module: String
  /// 0-based block index; nil outside the blocks.
  public let layer: Int?
  /// The Frobenius norm of the change.
  public let updateNorm: Double
  /// That of the weight before.
  public let weightNorm: Double
  /// The first as a share of the second; nil for a weight of zeros.
  public let relative: Double?

  private init(
    tensor: String, module: String, layer: Int?, updateNorm: Double, weightNorm: Double
  ) {
    self.tensor = tensor
    self.module = module
    self.layer = layer
    self.updateNorm = updateNorm
    self.weightNorm = weightNorm
    relative = weightNorm > 0 ? updateNorm / weightNorm : nil
  }

  /// The updates of an adapter, from r × r products of its factors.
  ///
  /// - Parameters:
  ///   - adapter: the adapter.
  ///   - model: what it was trained on.
  /// - Returns: a norm for each module, in the adapter's order.
  /// - Throws: `ModelFileError` for weights that are not finite.
  public static func all(
    of adapter: LowRankAdapter, on model: AdaptedModel
  ) throws(ModelFileError) -> [UpdateNorm] {
    var norms: [UpdateNorm] = []
    for module in adapter.modules {
      norms.append(
        UpdateNorm(
          tensor: "\(module.path).weight",
          module: module.path.split(separator: ".").last.map(String.init) ?? module.path,
          layer: module.path.layerOfModulePath, updateNorm: adapter.updateNorm(of: module),
          weightNorm: try model.weightNorm(ofModule: module.path)))
    }
    return norms
  }

  /// The updates of a model's own weights.
  public static func all(
    of tensors: [TrainableTensor], on model: AdaptedModel
  ) throws(ModelFileError) -> [UpdateNorm] {
    let weights = model.weights
    var norms: [UpdateNorm] = []
    for tensor in tensors {
      let before = try weights.matrix(tensor.name)
      norms.append(
        UpdateNorm(
          tensor: tensor.name, module: tensor.module.rawValue, layer: tensor.layer,
          updateNorm: before.squaredDistance(to: tensor.values).squareRoot(),
          weightNorm: before.squaredNorm().squareRoot()))
    }
    return norms
  }
}
