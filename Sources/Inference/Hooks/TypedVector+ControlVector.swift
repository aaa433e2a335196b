public import ModelFiles

extension HookSite {
  /// Whether llama.cpp can add a vector here.
  public var takesControlVector: Bool { kind == .residPost && layer != 0 }
}

extension TypedVector {
  /// Writes the vector as a control vector of llama.cpp.
  ///
  /// llama.cpp adds the tensor `direction.N` to the residual stream that leaves its block N, counted from
  /// 0, which is `resid_post` of layer N here; block 0 it leaves alone.
  ///
  /// - Parameters:
  ///   - configuration: the model's, for its architecture's name.
  ///   - path: the GGUF file.
  ///   - overwriting: whether a file there may go.
  /// - Throws: `InferenceError.vector` for what llama.cpp would not do with it.
  public func writeControlVector(
    for configuration: ModelConfiguration, to path: String, overwriting: Bool
  ) throws {
    let site = meaning.site
    guard meaning.operation == .add else {
      throw InferenceError.vector(path: path, .addedByLlamaCpp(meaning.operation))
    }
    guard site.kind == .residPost, let layer = site.layer else {
      throw InferenceError.vector(path: path, .notAfterBlock(site))
    }
    guard site.takesControlVector else {
      throw InferenceError.vector(path: path, .afterFirstBlock(site))
    }
    guard layer < configuration.layerCount else {
      throw InferenceError.layerOutOfRange(layer: layer, layerCount: configuration.layerCount)
    }
    guard values.count == configuration.dModel else {
      throw InferenceError.vectorWidth(
        source: meaning.source, found: values.count, site: site.kind.rawValue,
        expected: configuration.dModel)
    }
    var writer = GGUFWriter(architecture: "controlvector")
    writer.set("controlvector.model_hint", configuration.family.ggufArchitecture)
    writer.set("controlvector.layer_count", 1)
    for (key, text) in [
      ("site", site.kind.rawValue), ("layer", String(layer)), ("position", meaning.position),
      ("label_1", meaning.positive), ("label_0", meaning.negative),
      ("unit", meaning.unit.rawValue), ("source", meaning.source), ("model", space.model),
    ] {
      writer.set("plumbline.\(key)", text)
    }
    writer.add("direction.\(layer)", values)
    try writer.write(to: path, overwriting: overwriting)
  }
}

extension ModelConfiguration.Family {
  /// What llama.cpp calls the architecture; it runs Mistral's models as Llama's.
  fileprivate var ggufArchitecture: String {
    switch self {
    case .llama, .mistral: "llama"
    case .qwen2: "qwen2"
    case .qwen3: "qwen3"
    }
  }
}
