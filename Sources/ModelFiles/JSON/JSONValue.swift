/// A JSON value, read by the strict parser or built to be written.
public enum JSONValue: Sendable, Equatable {
  /// `null`.
  case null
  /// `true` or `false`.
  case bool(Bool)
  /// A number, with its source text kept.
  case number(JSONNumber)
  /// A string.
  case string(ByteString)
  /// An array.
  case array([JSONValue])
  /// An object, members in file order.
  case object(JSONObject)
}

extension JSONValue {
  /// The string, if this is one.
  public var asString: ByteString? {
    if case .string(let string) = self { string } else { nil }
  }

  /// The elements, if this is an array.
  public var asArray: [JSONValue]? {
    if case .array(let elements) = self { elements } else { nil }
  }

  /// The object, if this is one.
  public var asObject: JSONObject? {
    if case .object(let object) = self { object } else { nil }
  }

  /// The integer, if this is a number written in plain digits that fits.
  public var asInt: Int? {
    if case .number(let number) = self { number.int } else { nil }
  }

  /// The number as a finite Double, if this is a number and has one.
  public var asDouble: Double? {
    if case .number(let number) = self { number.double } else { nil }
  }

  /// The truth value, if this is one.
  public var asBool: Bool? {
    if case .bool(let value) = self { value } else { nil }
  }

  /// Whether this is `null`.
  public var isNull: Bool { self == .null }

  /// What kind of value this is, in words, for messages.
  var kindName: String {
    switch self {
    case .null: "null"
    case .bool: "a truth value"
    case .number: "a number"
    case .string: "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
  public init(stringLiteral value: String) {
    self = .string(ByteString(value))
  }

  public init(integerLiteral value: Int) {
    self = .number(JSONNumber(value))
  }
}
