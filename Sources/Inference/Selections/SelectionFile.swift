public import ModelFiles

/// The JSON files in which layers and modules pass from an analysis to tuning.
enum SelectionFile {
  private static let schema = 1
  private static let byteLimit = 16 << 20

  static func write(
    _ format: String, model: String, _ content: JSONObject, to path: String, overwriting: Bool
  ) throws(ModelFileError) {
    let head: JSONObject = [
      "format": .string(format), "schema": .number(schema), "model": .string(model),
    ]
    let object = JSONObject(head.members + content.members)
    let text = JSONValue.object(object).text(sorted: false) + [UInt8(ascii: "\n")]
    try AtomicFile.write(text, to: path, overwriting: overwriting)
  }

  /// The object of a file after its head was checked; it has these fields and no others.
  static func read(
    _ path: String, _ format: String, model: String, fields: [ByteString]
  ) throws -> JSONObject {
    let object = try MappedFile(path: path).jsonObject(byteLimit: byteLimit)
    guard object["format"]?.asString == ByteString(format) else {
      throw SelectionError(path: path, .format(found: object["format"]?.asString, expected: format))
    }
    guard object["schema"]?.asInt == schema else {
      throw SelectionError(path: path, .schema(expected: schema))
    }
    let known = Set(["format", "schema", "model"] + fields)
    if let stranger = object.members.first(where: { !known.contains($0.key) }) {
      throw SelectionError(path: path, .unknownField(stranger.key))
    }
    guard object["model"]?.asString == ByteString(model) else {
      throw SelectionError(
        path: path, .model(found: object["model"]?.asString ?? "", expected: model))
    }
    return object
  }
}

/// Why a file of layers or modules cannot be used.
public struct SelectionError: Failure, Equatable {
  /// What is wrong.
  public enum Fault: Sendable, Equatable {
    /// It is a file of another kind.
    case format(found: ByteString?, expected: String)
    /// It was written in a form that is not read.
    case schema(expected: Int)
    /// It has a field that means nothing here.
    case unknownField(ByteString)
    /// It was made of another model.
    case model(found: ByteString, expected: String)
    /// Its ends are no layers in order.
    case layers
    /// It has no list of modules.
    case noModules
    /// An entry is no module and layer.
    case entry(index: Int)
    /// An entry names a module that blocks do not have.
    case module(index: Int, ByteString)
    /// A module is listed twice.
    case repeated(module: WeightModule, layer: Int)
  }

  /// The file.
  public let path: String
  /// What is wrong with it.
  public let fault: Fault

  init(path: String, _ fault: Fault) {
    self.path = path
    self.fault = fault
  }

  public var kind: FailureKind {
    if case .model = fault { return .mismatch }
    return .badInput
  }

  public var description: String {
    let file = ByteString(path)
    switch fault {
    case .format(let found, let expected):
      return
        "\(file) is no \(expected) file: its format is \(found.map { "\"\($0)\"" } ?? "missing")."
    case .schema(let expected):
      return "\(file) has another schema than \(expected), which is the one that is read."
    case .unknownField(let field):
      return "\(file) has a field \"\(field)\", which means nothing here; remove it."
    case .model(let found, let expected):
      return
        "\(file) was made of the model \(found), but this is \(expected); layers and modules are "
        + "those of one model."
    case .layers:
      return "\(file) does not give first and last as layers in order, counted from 0."
    case .noModules:
      return "\(file) has no array modules."
    case .entry(let index):
      return
        "Entry \(index + 1) of modules in \(file) is no object with module and layer, counted from 0."
    case .module(let index, let name):
      return
        "Entry \(index + 1) of modules in \(file) names \"\(name)\", which no block has; blocks have "
        + WeightModule.allCases.filter(\.isPerLayer).map(\.rawValue).joined(separator: ", ") + "."
    case .repeated(let module, let layer):
      return "\(file) lists \(module.rawValue) of layer \(layer) twice."
    }
  }
}
