public import ModelFiles

/// A run of blocks, both ends included; empty where the last comes before the first.
public struct LayerRange: Sendable, Hashable, Codable, CustomStringConvertible {
  /// 0-based index of the first block.
  public let first: Int
  /// 0-based index of the last block.
  public let last: Int

  /// A run of blocks.
  public init(first: Int, last: Int) {
    precondition(first >= 0 && last >= first - 1, "layers \(first) to \(last)")
    self.first = first
    self.last = last
  }

  /// No blocks.
  public static let none = LayerRange(first: 0, last: -1)

  /// Reads a range from the members `first` and `last`.
  public init(from decoder: any Swift.Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    first = try values.decode(Int.self, forKey: .first)
    last = try values.decode(Int.self, forKey: .last)
    guard first >= 0, last >= first - 1 else {
      throw DecodingError.dataCorruptedError(
        forKey: .last, in: values, debugDescription: "layers \(first) to \(last)")
    }
  }

  /// Reads a range such as `5-10`, or a single layer; nil where it is neither.
  public init?(text: String) {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), let first = Self.layer(parts[0]),
      let last = Self.layer(parts[parts.count - 1]), first <= last
    else { return nil }
    self.init(first: first, last: last)
  }

  private static func layer(_ text: Substring) -> Int? {
    text.isEmpty || !text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? nil : Int(text)
  }

  /// Whether there are no blocks in it.
  public var isEmpty: Bool { last < first }

  /// How many blocks are in it.
  public var count: Int { last - first + 1 }

  /// Whether a block is in it.
  public func contains(_ layer: Int) -> Bool { first <= layer && layer <= last }

  public var description: String { isEmpty ? "none" : "\(first)-\(last)" }

  /// Refuses a range beyond a model's blocks.
  public func demandFit(layerCount: Int) throws(InferenceError) {
    guard last < layerCount else {
      throw .layerOutOfRange(layer: last, layerCount: layerCount)
    }
  }
}

extension LayerRange {
  static let format = "plumbline-layer-range"

  /// Writes the range to a JSON file: `format`, `schema`, `model` (SHA-256), `first`, `last`.
  public func write(to path: String, model: String, overwriting: Bool) throws(ModelFileError) {
    try SelectionFile.write(
      Self.format, model: model, ["first": .number(first), "last": .number(last)], to: path,
      overwriting: overwriting)
  }

  /// Reads a range from a JSON file.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - model: SHA-256 of the model it is to be used with.
  /// - Throws: `SelectionError` for a file that is none, or was made of another model.
  public init(path: String, model: String) throws {
    let object = try SelectionFile.read(
      path, Self.format, model: model, fields: ["first", "last"])
    guard let first = object["first"]?.asInt, let last = object["last"]?.asInt, first >= 0,
      last >= first - 1
    else { throw SelectionError(path: path, .layers) }
    self.init(first: first, last: last)
  }
}
