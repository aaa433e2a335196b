public import Inference
import ModelFiles

/// How much each module takes of the tuned model: 0 is the model before tuning, 1 the one after.
public struct BlendWeights: Sendable, Equatable {
  /// The weight of modules without one of their own.
  public let standard: Double
  /// The weights of modules by their paths.
  private let exceptions: [String: Double]

  /// One weight for all modules, norms and embeddings included.
  ///
  /// - Precondition: the weight is from 0 to 1.
  public init(_ weight: Double) {
    self.init(weight, exceptions: [:])
  }

  /// A weight for all modules but some.
  ///
  /// - Precondition: the weights are from 0 to 1.
  public init(_ weight: Double, exceptions: [(module: WeightModule, layer: Int?, weight: Double)]) {
    self.init(
      weight,
      exceptions: Dictionary(
        exceptions.map { ($0.module.path(layer: $0.layer), $0.weight) },
        uniquingKeysWith: { $1 }))
  }

  private init(_ weight: Double, exceptions: [String: Double]) {
    for value in [weight] + exceptions.values {
      precondition((0...1).contains(value), "a blend at the weight \(value)")
    }
    standard = weight
    self.exceptions = exceptions
  }

  /// Whether all modules have the same weight.
  public var isUniform: Bool { exceptions.isEmpty }

  /// The weight of a module by its path, such as `model.layers.3.mlp.down_proj`.
  public func weight(ofModule path: String) -> Double { exceptions[path] ?? standard }

  /// The weight of a tensor, whose module is all of its name but the last part.
  func weight(ofTensor name: String) -> Double {
    weight(ofModule: name.lastIndex(of: ".").map { String(name[..<$0]) } ?? name)
  }

  private static let byteLimit = 16 << 20

  /// Reads a JSON file.
  ///
  /// `{"weight": 0.5, "modules": [{"module": "q_proj", "layer": 3, "weight": 1}]}`: a module without a layer is
  /// meant in all layers, and later entries hold over earlier ones.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - layerCount: the layers of the model.
  /// - Throws: `ModelFileError` for a file that is no strict JSON, `AfterTuningError.blendWeights`.
  public init(path: String, layerCount: Int) throws {
    let object = try MappedFile(path: path).jsonObject(byteLimit: Self.byteLimit)
    func fault(_ problem: String) -> AfterTuningError { .blendWeights(path: path, problem) }
    func weight(_ object: JSONObject, in place: String) throws -> Double {
      guard let weight = object["weight"]?.asDouble, (0...1).contains(weight) else {
        throw fault("\(place) has no weight from 0 to 1")
      }
      return weight
    }
    func allow(_ keys: Set<ByteString>, _ object: JSONObject, in place: String) throws {
      for (key, _) in object.members where !keys.contains(key) {
        throw fault("\(place) has the unknown key \(key)")
      }
    }
    try allow(["weight", "modules"], object, in: "it")
    let standard = try weight(object, in: "it")
    guard let entries = object.value("modules").map({ $0.asArray }) ?? [] else {
      throw fault("modules is no array")
    }
    var exceptions: [String: Double] = [:]
    for (index, entry) in entries.enumerated() {
      let place = "entry \(index) of modules"
      guard let entry = entry.asObject else { throw fault("\(place) is no object") }
      try allow(["module", "layer", "weight"], entry, in: place)
      guard let module = entry["module"]?.asString.flatMap({ WeightModule(rawValue: $0.string) })
      else {
        throw fault(
          "\(place) names none of the modules "
            + WeightModule.allCases.map(\.rawValue).joined(separator: ", "))
      }
      let value = try weight(entry, in: place)
      var layers: [Int?] = module.isInBlocks ? Array(0..<layerCount) : [nil]
      if let layer = entry.value("layer") {
        guard module.isInBlocks, let number = layer.asInt, (0..<layerCount).contains(number) else {
          throw fault("\(place) names a layer that its module does not have")
        }
        layers = [number]
      }
      for layer in layers { exceptions[module.path(layer: layer)] = value }
    }
    self.init(standard, exceptions: exceptions)
  }
}

extension WeightModule {
  /// Whether every block has the module.
  fileprivate var isInBlocks: Bool {
    switch self {
    case .embedTokens, .norm, .head: false
    default: true
    }
  }
}
