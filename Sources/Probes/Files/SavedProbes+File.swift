import Inference
import Kernels
public import ModelFiles
import Tokenization

extension ProbeRun {
  /// Writes all fitted probes to a safetensors file.
  ///
  /// Each has a `weight` of shape `[width]` and a `bias` of shape `[1]`; what they mean is in the
  /// metadata, so that the file can be used without this library. Of all probes it says:
  ///
  /// | key | value |
  /// |---|---|
  /// | `format`, `schema` | `plumbline-probes`, `1` |
  /// | `operation`, `meaning` | `score`, and how a score is made |
  /// | `scaler` | `folded_in`: weights are for activations as captured |
  /// | `model`, `adapter`, `tokenizer`, `template`, `prompts`, `identity` | SHA-256 each; no `adapter` or `template` without one |
  /// | `system`, `raw`, `parse_special`, `generation_prompt`, `precision`, `stored_type` | how the activations were captured |
  /// | `label_column`, `label_1`, `label_0`, `group_column`, `split` | a score above 0 decides `label_1` |
  /// | `seed`, `rows`, `groups` | of the fit |
  ///
  /// And of each, as JSON under its name: `operation`, `site`, `layer` (the 0-based block, null outside the
  /// blocks), `position`, `width`, `kind`, `unit` of the score, `unit_of_weight`, `scaler`, `auroc` (on
  /// held-out folds), `penalty`.
  public func save(
    from origin: ProbeOrigin, to path: String, overwriting: Bool
  ) throws(ModelFileError) {
    var metadata = origin.metadata
    metadata["format"] = SavedProbes.format
    metadata["schema"] = SavedProbes.schema
    metadata["operation"] = TypedVector.Operation.score.rawValue
    metadata["scaler"] = TypedVector.scaler
    metadata["meaning"] = """
      score = weight . activation + bias, on activations as captured: standardisation is folded in; \
      a score above 0 decides label_1
      """
    metadata["seed"] = String(analysis.options.seed)
    metadata["rows"] = String(analysis.sample.rows)
    metadata["groups"] = String(analysis.sample.groups)
    for probe in probes {
      metadata[SavedProbe.name(probe.cell, probe.kind)] = probe.metadata
    }
    var writer = SafetensorsWriter(metadata: metadata)
    for probe in probes {
      let name = SavedProbe.name(probe.cell, probe.kind)
      let weights = probe.probe.weights.map { Float($0) }
      writer.add("\(name).weight", shape: [weights.count], values: weights)
      writer.add("\(name).bias", shape: [1], values: [Float(probe.probe.bias)])
    }
    try writer.write(to: path, overwriting: overwriting)
  }
}

extension SavedProbes {
  static let format = TypedVector.probeFormat
  static let schema = "1"

  /// Reads a file of probes.
  public init(path: String) throws {
    let file = try SafetensorsFile(path: path)
    func problem(_ text: String) -> ProbeError { .probeFile(path: path, problem: text) }
    let format = file.metadata["format"]
    guard format == ByteString(Self.format) else {
      throw problem("its format is \(format?.description ?? "not named"), not \(Self.format)")
    }
    let schema = file.metadata["schema"]
    guard schema == ByteString(Self.schema) else {
      throw problem("its schema is \(schema?.description ?? "missing"); this reads \(Self.schema)")
    }
    guard let origin = ProbeOrigin(metadata: file.metadata) else {
      throw problem("its metadata does not say what the probes were fitted on")
    }
    var tensors: [ByteString: StoredTensor] = [:]
    for tensor in file.tensors { tensors[tensor.name] = tensor }
    var probes: [SavedProbe] = []
    for tensor in file.tensors {
      let fullName = tensor.name.string
      guard fullName.hasSuffix(".weight") else { continue }
      let name = String(fullName.dropLast(".weight".count))
      guard
        let bias = tensors[ByteString("\(name).bias")], bias.shape == [1],
        tensor.shape.count == 1, tensor.shape != [0], tensor.elementType == .f32,
        bias.elementType == .f32
      else {
        throw problem("\(tensor.name) is not a vector of F32 with one bias beside it")
      }
      let weights = try file.floats(of: tensor)
      let biases = try file.floats(of: bias)
      guard (weights + biases).allSatisfy(\.isFinite) else {
        throw problem("\(tensor.name) or its bias holds a value that is not finite")
      }
      guard
        let text = file.metadata[ByteString(name)],
        let probe = SavedProbe(
          path: path, metadata: text,
          LinearProbe(weights: weights.map { Double($0) }, bias: Double(biases[0]))),
        probe.name == name
      else {
        throw problem("its metadata does not describe \(ByteString(name))")
      }
      probes.append(probe)
    }
    guard 2 * probes.count == file.tensors.count else {
      throw problem("it has \(file.tensors.count) tensors, but \(probes.count) weights")
    }
    self.init(path: path, origin: origin, probes: probes.sorted { $0.name < $1.name })
  }
}

extension FittedProbe {
  /// What the file says about one probe.
  fileprivate var metadata: String {
    func number(_ value: Double?) -> JSONValue {
      value.map { .number(JSONNumber($0)) } ?? .null
    }
    let object: JSONObject = [
      "operation": .string(ByteString(TypedVector.Operation.score.rawValue)),
      "site": .string(ByteString(cell.site)),
      "layer": cell.layer.map { .number(JSONNumber($0)) } ?? .null,
      "position": .string(ByteString(cell.position)),
      "width": .number(JSONNumber(cell.width)),
      "kind": .string(ByteString(kind.rawValue)),
      "unit": .string(ByteString(kind.unitOfScore)),
      "unit_of_weight": .string(ByteString(kind.unitOfWeight.rawValue)),
      "scaler": .string(ByteString(TypedVector.scaler)),
      "auroc": number(outOfFoldAuroc),
      "penalty": number(penalty),
    ]
    return String(decoding: JSONValue.object(object).text(), as: UTF8.self)
  }
}

extension SavedProbe {
  /// Joins a classifier with what the file says about it; nil when that cannot be understood.
  fileprivate init?(path: String, metadata: ByteString, _ probe: LinearProbe) {
    guard
      let object = try? JSONValue.parse(metadata.bytes).asObject,
      let site = object["site"]?.asString, let position = object["position"]?.asString,
      let kind = object["kind"]?.asString.flatMap({ ProbeKind(rawValue: $0.string) })
    else { return nil }
    let layer = object.value("layer")
    if let layer, layer.asInt ?? -1 < 0 { return nil }
    self.init(
      path: path,
      cell: ProbeCell(
        site: site.string, layer: layer?.asInt, position: position.string,
        width: probe.weights.count),
      kind: kind, probe: probe, outOfFoldAuroc: object.value("auroc")?.asDouble,
      penalty: object.value("penalty")?.asDouble)
  }
}

extension ProbeOrigin {
  /// The strings that a file of probes carries.
  fileprivate var metadata: [String: String] {
    var strings = [
      "model": modelDigest, "tokenizer": tokenizerDigest, "prompts": promptsDigest,
      "identity": identityDigest, "precision": precision.rawValue, "stored_type": storedType,
      "label_column": labelColumn, "label_1": meaningOfOne, "label_0": meaningOfZero,
    ]
    strings["system"] = encoding.system
    strings["raw"] = String(encoding.isRaw)
    strings["parse_special"] = String(encoding.parsesSpecialTokens)
    strings["generation_prompt"] = String(encoding.addsGenerationPrompt)
    strings["adapter"] = adapterDigest
    strings["template"] = templateDigest
    strings["group_column"] = groupColumn
    strings["split"] = split
    return strings
  }

  fileprivate init?(metadata: [ByteString: ByteString]) {
    func text(_ key: ByteString) -> String? { metadata[key]?.string }
    guard
      let model = text("model"), let tokenizer = text("tokenizer"), let prompts = text("prompts"),
      let identity = text("identity"),
      let precision = text("precision").flatMap(Precision.init),
      let storedType = text("stored_type"), let labelColumn = text("label_column"),
      let one = text("label_1"), let zero = text("label_0"),
      let isRaw = text("raw").flatMap(Bool.init),
      let parsesSpecialTokens = text("parse_special").flatMap(Bool.init),
      let addsGenerationPrompt = text("generation_prompt").flatMap(Bool.init)
    else { return nil }
    self.init(
      modelDigest: model, adapterDigest: text("adapter"), tokenizerDigest: tokenizer,
      templateDigest: text("template"), promptsDigest: prompts, identityDigest: identity,
      encoding: PromptEncoder.Options(
        system: text("system"), isRaw: isRaw, parsesSpecialTokens: parsesSpecialTokens,
        addsGenerationPrompt: addsGenerationPrompt),
      precision: precision, storedType: storedType, labelColumn: labelColumn, meaningOfOne: one,
      meaningOfZero: zero, groupColumn: text("group_column"), split: text("split"))
  }
}
