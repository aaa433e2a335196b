import ModelFiles

/// What computed a store's values, as far as the values may depend on it.
public struct StoreProvenance: Sendable, Equatable {
  /// The version of this tool.
  public var toolVersion: String
  /// The library that multiplies matrices.
  public var backend: String
  /// The version of that library.
  public var backendVersion: String
  /// The processor's instruction set that the library used.
  public var instructionSet: String

  /// Names what computes.
  public init(
    toolVersion: String, backend: String, backendVersion: String, instructionSet: String
  ) {
    self.toolVersion = toolVersion
    self.backend = backend
    self.backendVersion = backendVersion
    self.instructionSet = instructionSet
  }

  /// The attributes of `/provenance`, each holding JSON text.
  var json: JSONObject {
    [
      "tool": .object(["name": "plumbline", "version": .string(toolVersion)]),
      "backend": .object(["name": .string(backend), "version": .string(backendVersion)]),
      "instruction_set": .string(instructionSet),
    ]
  }

  /// Reads the attributes, or returns nil when one is missing or of another kind.
  init?(_ json: JSONObject) {
    guard
      let toolVersion = json["tool"]?.asObject?["version"]?.asString?.string,
      let backend = json["backend"]?.asObject,
      let backendName = backend["name"]?.asString?.string,
      let backendVersion = backend["version"]?.asString?.string,
      let instructionSet = json["instruction_set"]?.asString?.string
    else { return nil }
    self.init(
      toolVersion: toolVersion, backend: backendName, backendVersion: backendVersion,
      instructionSet: instructionSet)
  }
}
