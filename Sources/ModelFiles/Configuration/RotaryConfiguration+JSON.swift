extension RotaryConfiguration {
  /// Decodes the rotary settings of `config.json` in either spelling of the transformers library.
  ///
  /// Older files have `rope_theta` beside `rope_scaling`; newer ones have both in `rope_parameters`.
  init(_ config: ConfigurationReader) throws(ConfigurationFault) {
    let newer = try config.reader("rope_parameters")
    let older = try config.reader("rope_scaling")
    let outerBase = try config.positive("rope_theta")
    let innerBase = try newer?.positive("rope_theta")
    if let outerBase, let innerBase, outerBase != innerBase {
      throw .disagreement(
        key: "rope_theta", value: "\(outerBase)", otherKey: "rope_parameters.rope_theta",
        other: "\(innerBase)")
    }
    let base = innerBase ?? outerBase ?? 10_000
    for reader in [config, newer, older] {
      guard let reader, let part = try reader.positive("partial_rotary_factor"), part != 1 else {
        continue
      }
      throw .unsupported(
        key: reader.label("partial_rotary_factor"), found: "\(part)", expected: "1")
    }
    for reader in [newer, older] {
      guard let reader else { continue }
      for key in ["full_attention", "sliding_attention"] where reader.has(key) {
        throw .unsupported(
          key: reader.label(key), found: "set", expected: "one setting for all layers")
      }
    }
    let newScaling = try newer.map { (reader) throws(ConfigurationFault) in
      try RopeScaling(reader)
    }
    let oldScaling = try older.map { (reader) throws(ConfigurationFault) in
      try RopeScaling(reader)
    }
    if let newScaling, let oldScaling, newScaling != oldScaling {
      throw .disagreement(
        key: "rope_parameters", value: "\(newScaling)", otherKey: "rope_scaling",
        other: "\(oldScaling)")
    }
    self.init(base: base, scaling: newScaling ?? oldScaling ?? .none)
  }
}

extension RopeScaling {
  fileprivate init(_ reader: ConfigurationReader) throws(ConfigurationFault) {
    let newType = try reader.string("rope_type")
    let oldType = try reader.string("type")
    if let newType, let oldType, newType != oldType {
      throw .disagreement(
        key: reader.label("rope_type"), value: newType.description,
        otherKey: reader.label("type"), other: oldType.description)
    }
    switch newType ?? oldType ?? "default" {
    case "default": self = .none
    case "linear": self = .linear(factor: try Self.factor("factor", reader))
    case "llama3":
      let low = try Self.factor("low_freq_factor", reader)
      let high = try Self.factor("high_freq_factor", reader)
      guard low < high else {
        throw .outOfRange(
          key: reader.label("high_freq_factor"), found: "\(high)",
          expected: "above low_freq_factor (\(low))")
      }
      let key = "original_max_position_embeddings"
      self = .llama3(
        factor: try Self.factor("factor", reader), lowFrequencyFactor: low,
        highFrequencyFactor: high,
        originalContextLength: try reader.require(
          key, try reader.integer(key, in: ModelConfiguration.Bounds.context)))
    case let other:
      throw .unsupported(
        key: reader.label("rope_type"), found: other.description,
        expected: "default, linear or llama3")
    }
  }

  private static func factor(
    _ key: String, _ reader: ConfigurationReader
  ) throws(ConfigurationFault) -> Double {
    try reader.require(key, try reader.positive(key))
  }
}
