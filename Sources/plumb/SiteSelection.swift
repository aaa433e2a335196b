import Inference
import Tokenization

/// Sites as a list on the command line.
enum SiteSelection {
  /// Reads a list such as `resid_post,attn.z`.
  static func parse(_ text: String) throws -> [SiteKind] {
    let storable = SiteKind.allCases.filter(\.isStorable)
    return try names(in: text, option: "sites").map { name in
      guard let kind = storable.first(where: { $0.rawValue == name }) else {
        throw CommandError.option(
          name: "sites", value: name,
          expected: "one of " + storable.map(\.rawValue).joined(separator: ", "))
      }
      return kind
    }
  }
}

/// Layers as a list on the command line.
enum LayerSelection {
  /// Reads a list such as `0-9,14` or `all`; ascending, each layer once.
  static func parse(_ text: String, layerCount: Int) throws -> [Int] {
    if text == "all" { return Array(0..<layerCount) }
    var layers: Set<Int> = []
    for part in try names(in: text, option: "layers") {
      let bounds = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
      guard (1...2).contains(bounds.count), let first = bounds[0],
        let last = bounds[bounds.count - 1],
        first >= 0, first <= last
      else {
        throw CommandError.option(
          name: "layers", value: part, expected: "layers such as 3, 0-9 or all")
      }
      guard last < layerCount else {
        throw InferenceError.layerOutOfRange(layer: last, layerCount: layerCount)
      }
      layers.formUnion(first...last)
    }
    return layers.sorted()
  }
}

/// Positions as a list on the command line.
enum PositionSelection {
  /// Reads a list such as `last,user.last`.
  static func parse(_ text: String) throws -> [PositionSelector] {
    try names(in: text, option: "positions").map { try PositionSelector($0) }
  }
}

/// The parts of a comma-separated list, each once.
func names(in text: String, option: String) throws -> [String] {
  let parts = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
  guard !parts.contains("") else {
    throw CommandError.option(
      name: option, value: text, expected: "a list separated by commas, without gaps")
  }
  var seen: Set<String> = []
  return parts.filter { seen.insert($0).inserted }
}

/// Reads one of the names of a closed set.
func choice<Choice: RawRepresentable<String> & CaseIterable>(
  _ text: String, of type: Choice.Type, option: String
) throws -> Choice {
  guard let choice = Choice(rawValue: text) else {
    let names = Choice.allCases.map(\.rawValue)
    throw CommandError.option(
      name: option, value: text,
      expected: names.dropLast().joined(separator: ", ") + " or " + (names.last ?? ""))
  }
  return choice
}
