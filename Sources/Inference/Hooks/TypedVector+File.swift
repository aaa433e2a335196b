public import ModelFiles

extension TypedVector {
  /// The format that a file of one vector names in its metadata.
  static let format = "plumbline-vector"
  /// The format of files of probes, whose vectors only score.
  public static let probeFormat = "plumbline-probes"
  static let schema = "1"
  /// The name of the tensor.
  static let tensorName = "vector"
  /// The one way in which a standardisation may be in a vector: nothing is left to be done.
  public static let scaler = "folded_in"

  /// Writes the vector to a safetensors file: one tensor `vector`, everything else in the metadata.
  ///
  /// | key | value |
  /// |---|---|
  /// | `format`, `schema` | `plumbline-vector`, `1` |
  /// | `operation` | `add` or `project_out` |
  /// | `site`, `layer` | hook site and 0-based block; no `layer` for a site outside the blocks |
  /// | `position` | where in the prompt it was found |
  /// | `label_1`, `label_0` | adding the vector leads from label 0 to label 1 |
  /// | `unit` | `activation`: the site's own; `log_odds_per_activation`: the length is no distance |
  /// | `scaler` | `folded_in`: for activations as captured |
  /// | `model`, `adapter`, `template`, `tokenizer` | SHA-256 each; no `adapter` or `template` without one |
  /// | `source` | the probe it was made of |
  public func write(to path: String, overwriting: Bool) throws(ModelFileError) {
    var metadata = [
      "format": Self.format, "schema": Self.schema, "operation": meaning.operation.rawValue,
      "site": meaning.site.kind.rawValue, "position": meaning.position,
      "label_1": meaning.positive, "label_0": meaning.negative, "unit": meaning.unit.rawValue,
      "scaler": Self.scaler, "source": meaning.source, "model": space.model,
      "tokenizer": space.tokenizer,
    ]
    metadata["layer"] = meaning.site.layer.map(String.init)
    metadata["adapter"] = space.adapter
    metadata["template"] = space.template
    var writer = SafetensorsWriter(metadata: metadata)
    writer.add(Self.tensorName, shape: [values.count], values: values)
    try writer.write(to: path, overwriting: overwriting)
  }

  /// Reads the vector of a file; nil where the file has no type to check.
  ///
  /// - Throws: `InferenceError.vector` for a file of probes, and for one of ours that is not sound.
  public init?(_ file: SafetensorsFile) throws {
    let path = file.file.path
    func text(_ key: ByteString) -> String? { file.metadata[key]?.string }
    func malformed(_ problem: String) -> InferenceError { .vector(path: path, .malformed(problem)) }
    switch text("format") {
    case Self.format: break
    case Self.probeFormat: throw InferenceError.vector(path: path, .probes)
    default: return nil
    }
    guard text("schema") == Self.schema else {
      throw malformed(
        "its schema is \(ByteString(text("schema") ?? "missing")), and this reads \(Self.schema)")
    }
    guard let site = Self.site(text("site"), layer: text("layer")) else {
      throw malformed("its site and layer are none that a model has")
    }
    guard
      let operation = text("operation").flatMap(Operation.init),
      let unit = text("unit").flatMap(Unit.init), text("scaler") == Self.scaler,
      let position = text("position"), let positive = text("label_1"),
      let negative = text("label_0"), let model = text("model"),
      let tokenizer = text("tokenizer")
    else { throw malformed("its metadata does not say what the vector is for") }
    guard
      file.tensors.count == 1, let tensor = file.tensors.first,
      tensor.name == ByteString(Self.tensorName), tensor.elementType == .f32,
      tensor.shape.count == 1, tensor.shape != [0]
    else { throw malformed("it has another content than one vector of F32") }
    let values = try file.floats(of: tensor)
    guard values.allSatisfy(\.isFinite) else {
      throw malformed("it has a value that is not finite")
    }
    self.init(
      values,
      Meaning(
        operation: operation, site: site, position: position, positive: positive,
        negative: negative, unit: unit, source: text("source") ?? ""),
      in: Space(
        model: model, adapter: text("adapter"), template: text("template"), tokenizer: tokenizer))
  }

  private static func site(_ name: String?, layer: String?) -> HookSite? {
    guard let kind = name.flatMap(SiteKind.init), kind.isPerLayer == (layer != nil) else {
      return nil
    }
    guard let layer else { return HookSite(kind) }
    guard let layer = Int(layer), layer >= 0 else { return nil }
    return HookSite(kind, layer: layer)
  }
}
