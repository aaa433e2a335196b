internal import ModelFiles

/// A JSON object of a tokenizer's files, read by field and demanded type.
struct TokenizerFields {
  let object: JSONObject
  /// The file, for messages.
  let file: String
  /// Where the object is in the file, with a dot behind it unless it is the whole.
  let place: String

  /// More steps than any tokenizer has.
  private static let partLimit = 16

  init(_ object: JSONObject, file: String, place: String = "") {
    self.object = object
    self.file = file
    self.place = place.isEmpty ? "" : place + "."
  }

  /// The kind of a part, as its `type` says.
  func type() throws(TokenizationError) -> ByteString {
    guard let type = try string("type") else { throw .missing(file: file, field: place + "type") }
    return type
  }

  /// A string; nil when absent or null.
  func string(_ key: ByteString) throws(TokenizationError) -> ByteString? {
    guard let value = object.value(key) else { return nil }
    guard let string = value.asString else { throw malformed(key, "a string") }
    return string
  }

  /// A truth value; nil when absent or null.
  func bool(_ key: ByteString) throws(TokenizationError) -> Bool? {
    guard let value = object.value(key) else { return nil }
    guard let bool = value.asBool else { throw malformed(key, "true or false") }
    return bool
  }

  /// A plain integer that must be there.
  func integer(
    _ key: ByteString, in range: ClosedRange<Int>
  ) throws(TokenizationError) -> Int {
    guard let integer = object[key]?.asInt, range.contains(integer) else {
      throw malformed(key, "a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return integer
  }

  /// Elements of an array; none when absent or null.
  func array(_ key: ByteString) throws(TokenizationError) -> [JSONValue] {
    guard let value = object.value(key) else { return [] }
    guard let array = value.asArray else { throw malformed(key, "an array") }
    return array
  }

  /// An object within; nil when absent or null.
  func fields(_ key: ByteString) throws(TokenizationError) -> TokenizerFields? {
    guard let value = object.value(key) else { return nil }
    guard let object = value.asObject else { throw malformed(key, "an object") }
    return TokenizerFields(object, file: file, place: place + key.description)
  }

  /// The objects of an array.
  func objects(_ key: ByteString) throws(TokenizationError) -> [TokenizerFields] {
    var objects: [TokenizerFields] = []
    for (index, value) in try array(key).enumerated() {
      let name = "\(place)\(key)[\(index)]"
      guard let object = value.asObject else {
        throw .malformed(file: file, field: name, expected: "an object")
      }
      objects.append(TokenizerFields(object, file: file, place: name))
    }
    return objects
  }

  /// The parts of a `Sequence` that holds them under `key`, sequences within included; a single part
  /// is a sequence of one.
  func flattened(_ key: ByteString) throws(TokenizationError) -> [TokenizerFields] {
    guard try type() == "Sequence" else { return [self] }
    try allow(["type", key])
    var parts: [TokenizerFields] = []
    for part in try objects(key) { parts += try part.flattened(key) }
    guard parts.count <= Self.partLimit else {
      throw malformed(key, "at most \(Self.partLimit) parts")
    }
    return parts
  }

  /// Demands that there are no other fields: one that is not understood might change every id.
  func allow(_ keys: [ByteString]) throws(TokenizationError) {
    for (key, _) in object.members where !keys.contains(key) {
      throw .unsupported(
        file: file, part: "field", found: ByteString(place + key.string),
        known: "known there: " + keys.map(\.description).joined(separator: ", "))
    }
  }

  /// An error about a part whose type is unknown.
  func unsupported(
    _ part: String, _ found: ByteString, known: String
  ) -> TokenizationError {
    .unsupported(file: file, part: part, found: found, known: known)
  }

  private func malformed(_ key: ByteString, _ expected: String) -> TokenizationError {
    .malformed(file: file, field: place + key.description, expected: expected)
  }
}
