import ModelFiles

/// Reads the field `messages` of a prompt.
enum PromptMessages {
  /// The messages of a JSON array of objects with `role` and `content`.
  static func messages(_ value: JSONValue) throws(PromptFault) -> [ChatMessage] {
    guard let elements = value.asArray else {
      throw .fieldKind(field: "messages", found: value.kindInWords, expected: "an array")
    }
    guard !elements.isEmpty else { throw .noMessages }
    var messages: [ChatMessage] = []
    for (index, element) in elements.enumerated() {
      messages.append(try message(element, index: index))
    }
    return messages
  }

  /// The messages of a CSV field, which holds the array as JSON text.
  static func messages(json text: [UInt8]) throws(PromptFault) -> [ChatMessage] {
    let value: JSONValue
    do {
      value = try JSONValue.parse(text, limits: PromptJSONL.limits)
    } catch {
      throw .json(error)
    }
    return try messages(value)
  }

  private static func message(_ value: JSONValue, index: Int) throws(PromptFault) -> ChatMessage {
    guard let object = value.asObject else {
      throw .messageKind(message: index, field: nil, found: value.kindInWords)
    }
    for (key, value) in object.members
    where key != "role" && key != "content" && !value.isNull {
      throw .messageField(message: index, key)
    }
    func text(_ key: ByteString) throws(PromptFault) -> String {
      let value = object[key] ?? .null
      guard let text = value.asString else {
        let found = object[key] == nil ? "nothing" : value.kindInWords
        throw .messageKind(message: index, field: key.string, found: found)
      }
      return text.string
    }
    let role = try text("role")
    guard ChatMessage.isPlain(role: role) else {
      throw .role(message: index, ByteString(role))
    }
    return ChatMessage(role: role, content: try text("content"))
  }
}
