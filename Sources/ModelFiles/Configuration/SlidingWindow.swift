extension ModelConfiguration {
  /// The sliding window that is in force in every layer, or nil when none is in any.
  ///
  /// A window no shorter than the context never hides anything. One that holds in some layers only is
  /// refused.
  static func slidingWindow(
    _ config: ConfigurationReader, family: Family, layerCount: Int, contextLength: Int
  ) throws(ConfigurationFault) -> Int? {
    let written = try config.integer("sliding_window", in: 1...Int(Int32.max))
    var window: Int?
    switch family {
    case .llama, .qwen2, .qwen3: window = written
    case .mistral: window = written ?? (config.has("sliding_window") ? nil : 4_096)
    }
    if family == .qwen2 || family == .qwen3 {
      if try config.bool("use_sliding_window") ?? false {
        window = window ?? (config.has("sliding_window") ? nil : 4_096)
      } else {
        window = nil
      }
    }
    let slidingCount = try slidingLayerCount(config, family: family, layerCount: layerCount)
    guard let window, window < contextLength, slidingCount > 0 else { return nil }
    guard family != .llama else {
      throw .unsupported(
        key: "sliding_window", found: "\(window)", expected: "null for LlamaForCausalLM")
    }
    guard slidingCount == layerCount else {
      throw .unsupported(
        key: "sliding_window", found: "in force in \(slidingCount) of \(layerCount) layers",
        expected: "a window in all layers or in none")
    }
    return window
  }

  /// In how many layers a window would hold.
  private static func slidingLayerCount(
    _ config: ConfigurationReader, family: Family, layerCount: Int
  ) throws(ConfigurationFault) -> Int {
    if let types = try config.array("layer_types") {
      guard types.count == layerCount else {
        throw .disagreement(
          key: "layer_types", value: "an array of \(types.count)",
          otherKey: "num_hidden_layers", other: "\(layerCount)")
      }
      var count = 0
      for type in types {
        switch type.asString {
        case "full_attention": continue
        case "sliding_attention": count += 1
        default:
          throw .unsupported(
            key: "layer_types", found: type.asString?.description ?? type.kindName,
            expected: "full_attention or sliding_attention")
        }
      }
      return count
    }
    guard family == .qwen2 || family == .qwen3 else { return layerCount }
    let first = try config.integer("max_window_layers", in: 0...Int(Int32.max)) ?? 28
    return max(layerCount - first, 0)
  }
}
