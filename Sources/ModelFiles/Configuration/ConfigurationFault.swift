/// What is wrong with a model's configuration.
public enum ConfigurationFault: Error, Sendable, Equatable {
  /// A key is absent.
  case missing(key: String)
  /// A value is of the wrong kind.
  case wrongKind(key: String, found: String, expected: String)
  /// A value is outside what it may be.
  case outOfRange(key: String, found: String, expected: String)
  /// A value is no multiple of another.
  case indivisible(key: String, value: Int, by: String, divisor: Int)
  /// Two values contradict each other.
  case disagreement(key: String, value: String, otherKey: String, other: String)
  /// The architecture is not one of the supported.
  case unsupportedArchitecture(String)
  /// A setting asks for what is not implemented.
  case unsupported(key: String, found: String, expected: String)
}

/// Which set of rules a configuration was checked by.
public enum ConfigurationRule: String, Sendable {
  /// The rules of config.json.
  case json = "CF"
  /// The rules of GGUF hyper-parameters.
  case gguf = "GG-16"
  /// The rules of adapter_config.json.
  case adapter = "AD"
}

extension ConfigurationFault {
  /// What was found and what was expected, as the middle of a sentence.
  var phrase: String {
    switch self {
    case .missing(let key): "it has no \(key)"
    case .wrongKind(let key, let found, let expected): "\(key) is \(found) instead of \(expected)"
    case .outOfRange(let key, let found, let expected):
      "\(key) is \(found), but it has to be \(expected)"
    case .indivisible(let key, let value, let divisorKey, let divisor):
      "\(key) (\(value)) is no multiple of \(divisorKey) (\(divisor))"
    case .disagreement(let key, let value, let otherKey, let other):
      "\(key) is \(value), but \(otherKey) is \(other)"
    case .unsupportedArchitecture(let name):
      "the architecture \(name) is not supported; supported are LlamaForCausalLM, "
        + "MistralForCausalLM, Qwen2ForCausalLM and Qwen3ForCausalLM (in GGUF: llama, qwen2, qwen3)"
    case .unsupported(let key, let found, let expected):
      "\(key) is \(found), which is not supported; supported is \(expected)"
    }
  }
}
