extension AdapterConfiguration {
  /// The object of an `adapter_config.json` that PEFT reads back as the same adapter.
  var json: JSONObject {
    [
      "alpha_pattern": Self.object(alphas) { Self.number($0) },
      "auto_mapping": .null,
      "base_model_name_or_path": baseModel.map { .string($0) } ?? .null,
      "bias": "none",
      "exclude_modules": excluded.map(\.json) ?? .null,
      "fan_in_fan_out": .bool(false),
      "inference_mode": .bool(true),
      "init_lora_weights": .bool(true),
      "layers_pattern": .null,
      "layers_to_transform": layers.map { .array($0.map { .number($0) }) } ?? .null,
      "lora_alpha": Self.number(alpha),
      "lora_dropout": Self.number(dropout),
      "modules_to_save": .null,
      "peft_type": "LORA",
      "r": .number(rank),
      "rank_pattern": Self.object(ranks) { .number($0) },
      "revision": revision.map { .string($0) } ?? .null,
      "target_modules": targets.json,
      "task_type": "CAUSAL_LM",
      "use_dora": .bool(false),
      "use_rslora": .bool(isRankStabilized),
    ]
  }

  /// A number, written as PEFT writes it where it is whole.
  private static func number(_ value: Double) -> JSONValue {
    Int(exactly: value).map { .number($0) } ?? .number(JSONNumber(value))
  }

  private static func object<Value>(
    _ exceptions: [Exception<Value>], _ json: (Value) -> JSONValue
  ) -> JSONValue {
    .object(
      JSONObject(exceptions.map { (key: ByteString($0.modules.key), value: json($0.value)) }))
  }
}

extension AdapterConfiguration.Targets {
  fileprivate var json: JSONValue {
    switch self {
    case .names(let names): .array(names.map { .string($0) })
    case .pattern(let pattern): .string(pattern)
    case .allLinear: "all-linear"
    }
  }
}
