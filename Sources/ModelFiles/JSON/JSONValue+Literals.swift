extension JSONValue {
  /// A string.
  package static func string(_ text: String) -> JSONValue { .string(ByteString(text)) }

  /// An integer.
  package static func number(_ value: Int) -> JSONValue { .number(JSONNumber(value)) }

  /// A finite number; anything else is null, having no word in JSON.
  package static func number(_ value: Double?) -> JSONValue {
    guard let value, value.isFinite else { return .null }
    return .number(JSONNumber(value))
  }
}

extension JSONValue: ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral {
  public init(arrayLiteral elements: JSONValue...) {
    self = .array(elements)
  }

  public init(dictionaryLiteral elements: (ByteString, JSONValue)...) {
    self = .object(JSONObject(elements.map { (key: $0.0, value: $0.1) }))
  }
}
