/// Which modules a key of PEFT's `rank_pattern` or `alpha_pattern` stands for.
///
/// PEFT takes such keys as regular expressions at the end of a module's path. Only what people write is
/// read: a path or its last parts, such as `q_proj` or `layers.3.mlp.down_proj`, with `^` before a whole path.
public struct ModulePattern: Sendable, Equatable {
  /// The key as written.
  public let key: String

  /// Takes a key, or returns nil for one with more of a regular expression than `^` at its start.
  public init?(_ key: String) {
    let path = key.hasPrefix("^") ? key.dropFirst() : key[...]
    guard path.utf8.allSatisfy(NameRule.isPlain), !path.isEmpty else { return nil }
    self.key = key
  }

  /// Whether a module is meant.
  public func matches(_ path: String) -> Bool {
    key.hasPrefix("^")
      ? path == key.dropFirst() : path.endsWithModule(key)
  }
}

extension String {
  /// Whether the last parts of a module's path are these.
  func endsWithModule(_ name: String) -> Bool {
    self == name || hasSuffix("." + name)
  }

  /// The number behind `layers.` in a module's path; nil outside the blocks that a model can have.
  package var layerOfModulePath: Int? {
    let parts = split(separator: ".")
    guard let place = parts.firstIndex(of: "layers"), place + 1 < parts.count,
      let layer = Int(parts[place + 1]),
      (0..<ModelConfiguration.Bounds.layers.upperBound).contains(layer)
    else { return nil }
    return layer
  }
}
