import Inference
import ModelFiles

/// What a small JSON file says about activations that were captured elsewhere.
public struct ImportDescription: Sendable {
  /// An array in a file.
  struct Reference: Sendable {
    let file: String
    let name: ByteString
  }

  /// The rows of one site at one layer, and at one position unless a table says where rows are.
  struct Tensor: Sendable {
    let array: Reference
    let site: HookSite
    let position: String?
  }

  /// The prompts' tokens.
  struct Tokens: Sendable {
    /// What made them.
    let tokenizer: String
    let ids: Reference
    let offsets: Reference
    let roles: Reference?
  }

  /// The file itself.
  let file: MappedFile
  let model: String
  let modelDigest: String?
  let templateDigest: String?
  let prompts: String?
  let tensors: [Tensor]
  let rows: Reference?
  let tokens: Tokens?

  /// Reads a description.
  ///
  /// - Parameter path: the file, or a folder with `description.json` in it.
  /// - Throws: `ImportError.description` for what is missing, unknown or of another kind.
  public init(path: String) throws {
    do {
      file = try MappedFile(path: path)
    } catch ModelFileError.isFolder {
      file = try MappedFile(path: (path.hasSuffix("/") ? path : path + "/") + "description.json")
    }
    let reader = ImportReader(
      path: file.path, object: try file.jsonObject(byteLimit: 16 << 20))
    try reader.demandKnown([
      "model", "model_sha256", "template_sha256", "prompts", "position", "tensors", "rows",
      "tokens",
    ])
    model = try reader.text("model")
    modelDigest = try reader.digest("model_sha256")
    templateDigest = try reader.digest("template_sha256")
    prompts = try reader.optionalText("prompts")
    rows = try reader.optional("rows") { try $0.reference(beside: []) }
    let position = try reader.optionalText("position")
    let hasRows = rows != nil
    tensors = try reader.list("tensors") { try $0.tensor(position: position, hasRows: hasRows) }
    tokens = try reader.optional("tokens") { reader in
      try reader.demandKnown(["tokenizer", "file", "ids", "offsets", "roles"])
      let file = try reader.text("file")
      func array(_ key: ByteString) throws(ImportError) -> Reference {
        Reference(file: file, name: ByteString(try reader.text(key)))
      }
      return Tokens(
        tokenizer: try reader.text("tokenizer"), ids: try array("ids"),
        offsets: try array("offsets"),
        roles: try reader.optionalText("roles") == nil ? nil : try array("roles"))
    }
  }

  /// The paths of all files that are read: this one, its prompts and its arrays.
  public var paths: [String] {
    get throws {
      try [file.path] + ([prompts].compactMap(\.self) + arrayFiles).map(path)
    }
  }

  /// The names of all files with arrays, each once, in the order of the description.
  var arrayFiles: [String] {
    var seen: Set<String> = []
    let references =
      tensors.map(\.array) + [rows, tokens?.ids].compactMap(\.self)
    return references.map(\.file).filter { seen.insert($0).inserted }
  }
}

/// Reads the members of one of the description's objects.
private struct ImportReader {
  let path: String
  let object: JSONObject
  /// Which object it is, for messages.
  var place = ""

  func problem(_ text: String) -> ImportError {
    .description(path: path, problem: text + (place.isEmpty ? "" : " in \(place)"))
  }

  func demandKnown(_ keys: [ByteString]) throws(ImportError) {
    if let stranger = object.members.first(where: { !keys.contains($0.key) }) {
      throw problem(
        "there is an unknown key \(stranger.key), and known are "
          + keys.map(\.description).joined(separator: ", "))
    }
  }

  func optionalText(_ key: ByteString) throws(ImportError) -> String? {
    guard let value = object.value(key) else { return nil }
    guard let text = value.asString?.string, !text.isEmpty else {
      throw problem("\(key) is not a text")
    }
    return text
  }

  func text(_ key: ByteString) throws(ImportError) -> String {
    guard let text = try optionalText(key) else { throw problem("there is no \(key)") }
    return text
  }

  func digest(_ key: ByteString) throws(ImportError) -> String? {
    guard let text = try optionalText(key) else { return nil }
    let isDigest =
      text.utf8.count == 64
      && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    guard isDigest else { throw problem("\(key) is not 64 hexadecimal digits") }
    return text
  }

  func optional<Value>(
    _ key: ByteString, _ read: (ImportReader) throws -> Value
  ) throws -> Value? {
    guard let value = object.value(key) else { return nil }
    guard let inner = value.asObject else { throw problem("\(key) is not an object") }
    return try read(ImportReader(path: path, object: inner, place: "\(key)"))
  }

  func list<Value>(
    _ key: ByteString, _ read: (ImportReader) throws -> Value
  ) throws -> [Value] {
    guard let elements = object.value(key)?.asArray, !elements.isEmpty else {
      throw problem("\(key) is not a list of at least one object")
    }
    var values: [Value] = []
    for (index, element) in elements.enumerated() {
      guard let inner = element.asObject else { throw problem("\(key)[\(index)] is not an object") }
      values.append(try read(ImportReader(path: path, object: inner, place: "\(key)[\(index)]")))
    }
    return values
  }

  func reference(
    beside others: [ByteString]
  ) throws(ImportError) -> ImportDescription.Reference {
    try demandKnown(["file", "tensor"] + others)
    return ImportDescription.Reference(
      file: try text("file"), name: ByteString(try text("tensor")))
  }

  func tensor(
    position common: String?, hasRows: Bool
  ) throws(ImportError) -> ImportDescription.Tensor {
    let array = try reference(beside: ["site", "layer", "position"])
    let name = try text("site")
    guard let kind = SiteKind(rawValue: name), kind.isStorable else {
      let known = SiteKind.allCases.filter(\.isStorable).map(\.rawValue)
      throw problem(
        "the site is \(ByteString(name)), and known are \(known.joined(separator: ", "))")
    }
    let layer = object.value("layer")
    guard kind.isPerLayer == (layer != nil),
      layer.map({ (0...9999).contains($0.asInt ?? -1) }) ?? true
    else {
      throw problem(
        kind.isPerLayer
          ? "layer is not the 0-based number of a block"
          : "\(name) is outside the blocks and has no layer")
    }
    let position = try optionalText("position") ?? common
    guard hasRows == (position == nil) else {
      throw problem(
        hasRows
          ? "there is a position, but rows say where each row is"
          : "there is no position, such as \"last\", and no rows that say where each row is")
    }
    return ImportDescription.Tensor(
      array: array, site: HookSite(kind, layer: layer?.asInt), position: position)
  }
}
