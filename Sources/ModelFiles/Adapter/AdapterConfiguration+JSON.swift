extension AdapterConfiguration {
  /// Reads the object of an `adapter_config.json`.
  ///
  /// Keys that would change the update and are not understood are refused by name; those with the value that
  /// changes nothing are passed over, as are those that concern training alone.
  init(_ object: JSONObject) throws(ConfigurationFault) {
    let config = ConfigurationReader(object)
    let type = try config.require("peft_type", try config.string("peft_type"))
    guard type == "LORA" else {
      throw .unsupported(key: "peft_type", found: type.description, expected: "LORA")
    }
    try Self.refuseUnsupported(config, object)
    let rank = try config.integer("r", in: Self.ranksAllowed)
    self.init(
      rank: try config.require("r", rank),
      alpha: try config.require("lora_alpha", try Self.alpha(config, "lora_alpha")),
      targets: try config.require("target_modules", try Self.targets(config, "target_modules")),
      excluded: try Self.targets(config, "exclude_modules"),
      ranks: try Self.exceptions(config, "rank_pattern") {
        (config, key) throws(ConfigurationFault) in
        try config.integer(key, in: Self.ranksAllowed)
      },
      alphas: try Self.exceptions(config, "alpha_pattern") {
        (config, key) throws(ConfigurationFault) in
        try Self.alpha(config, key)
      },
      isRankStabilized: try config.bool("use_rslora") ?? false,
      dropout: try Self.dropout(config),
      layers: try Self.layers(config),
      baseModel: try config.string("base_model_name_or_path")?.string,
      revision: try config.string("revision")?.string)
  }

  /// Keys that are read, or that change nothing in a trained adapter.
  private static let harmless: Set<ByteString> = [
    "peft_type", "r", "lora_alpha", "target_modules", "exclude_modules", "rank_pattern",
    "alpha_pattern", "use_rslora", "lora_dropout", "layers_to_transform", "layers_pattern",
    "base_model_name_or_path", "revision", "bias", "init_lora_weights", "task_type",
    "inference_mode", "auto_mapping", "peft_version", "megatron_core", "qalora_group_size",
    "loftq_config", "eva_config", "corda_config", "lora_ga_config", "runtime_config",
    "ensure_weight_tying",
  ]

  private static func refuseUnsupported(
    _ config: ConfigurationReader, _ object: JSONObject
  ) throws(ConfigurationFault) {
    if let bias = try config.string("bias"), bias != "none" {
      throw .unsupported(key: "bias", found: bias.description, expected: "none")
    }
    // Other ways to start, such as pissa and olora, change the base model's weights as well.
    if let start = config.value("init_lora_weights"), start.asBool == nil {
      let name = try config.string("init_lora_weights") ?? ""
      guard ["gaussian", "eva", "orthogonal"].contains(name) else {
        throw .unsupported(
          key: "init_lora_weights", found: name.description,
          expected: "true, false, gaussian, eva or orthogonal, which leave the base model as it is")
      }
    }
    for (key, value) in object.members where !harmless.contains(key) {
      guard value.isNeutral else {
        throw .unsupported(
          key: key.description, found: value.shortText, expected: "a LoRA adapter without it")
      }
    }
  }

  private static func alpha(
    _ config: ConfigurationReader, _ key: String
  ) throws(ConfigurationFault) -> Double? {
    guard let value = try config.number(key) else { return nil }
    guard abs(value) <= alphaLimit else {
      throw .outOfRange(key: config.label(key), found: "\(value)", expected: "within ±1e6")
    }
    return value
  }

  private static func dropout(_ config: ConfigurationReader) throws(ConfigurationFault) -> Double {
    let value = try config.number("lora_dropout") ?? 0
    guard (0..<1).contains(value) else {
      throw .outOfRange(key: "lora_dropout", found: "\(value)", expected: "from 0 up to 1")
    }
    return value
  }

  private static func targets(
    _ config: ConfigurationReader, _ key: String
  ) throws(ConfigurationFault) -> Targets? {
    guard let value = config.value(key) else { return nil }
    if let text = value.asString {
      return text == "all-linear" ? .allLinear : .pattern(text.string)
    }
    guard let names = try config.array(key) else { return nil }
    var list: [String] = []
    for name in names {
      guard let name = name.asString, !name.bytes.isEmpty else {
        throw .wrongKind(key: key, found: name.kindName, expected: "names, or one string")
      }
      list.append(name.string)
    }
    guard !list.isEmpty else {
      if key == "exclude_modules" { return nil }
      throw .outOfRange(key: key, found: "an empty array", expected: "names of modules")
    }
    return .names(list)
  }

  private static func exceptions<Value>(
    _ config: ConfigurationReader, _ key: String,
    _ read: (ConfigurationReader, String) throws(ConfigurationFault) -> Value?
  ) throws(ConfigurationFault) -> [Exception<Value>] {
    guard let object = config.value(key) else { return [] }
    guard let members = object.asObject?.members, let reader = try config.reader(key) else {
      throw .wrongKind(key: key, found: object.kindName, expected: "an object")
    }
    var exceptions: [Exception<Value>] = []
    for (name, _) in members {
      guard let pattern = ModulePattern(name.string) else {
        throw .unsupported(
          key: key, found: "a regular expression (\(name))",
          expected: "the end of a module's path, or ^ and the whole path")
      }
      let value = try reader.require(name.string, try read(reader, name.string))
      exceptions.append(Exception(modules: pattern, value: value))
    }
    return exceptions
  }

  private static func layers(_ config: ConfigurationReader) throws(ConfigurationFault) -> [Int]? {
    guard let value = config.value("layers_to_transform") else { return nil }
    if let name = config.value("layers_pattern") {
      let names = name.asArray ?? [name]
      guard names.allSatisfy({ $0.asString == "layers" }) else {
        throw .unsupported(
          key: "layers_pattern", found: name.shortText, expected: "layers, as the models call them")
      }
    }
    var layers: [Int] = []
    for element in value.asArray ?? [value] {
      layers.append(try config.integer(element, key: "layers_to_transform", in: 0...1_023))
    }
    return layers.isEmpty ? nil : layers
  }
}

extension ConfigurationReader {
  /// A finite number.
  func number(_ key: String) throws(ConfigurationFault) -> Double? {
    guard let value = value(key) else { return nil }
    guard case .number(let number) = value else {
      throw .wrongKind(key: label(key), found: value.kindName, expected: "a number")
    }
    guard let double = number.double else {
      throw .outOfRange(
        key: label(key), found: ByteString(number.text).description, expected: "finite")
    }
    return double
  }
}

extension JSONValue {
  /// Whether a setting with this value is one that is not made.
  fileprivate var isNeutral: Bool {
    switch self {
    case .null: true
    case .bool(let value): !value
    case .array(let elements): elements.isEmpty
    case .object(let object): object.members.isEmpty
    case .number, .string: false
    }
  }

  /// The value in a message.
  fileprivate var shortText: String {
    ByteString(text()).description
  }
}
