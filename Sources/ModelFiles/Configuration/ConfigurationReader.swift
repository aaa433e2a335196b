/// Reads the members of a configuration object by key and demanded kind; null counts as absent.
struct ConfigurationReader {
  private let object: JSONObject
  /// What stands before a key in messages, such as `rope_scaling.`.
  private let prefix: String

  init(_ object: JSONObject, prefix: String = "") {
    self.object = object
    self.prefix = prefix
  }

  /// The key as messages show it.
  func label(_ key: String) -> String { prefix + key }

  /// Whether the key is there, even as null.
  func has(_ key: String) -> Bool { object[ByteString(key)] != nil }

  /// The value of a key.
  func value(_ key: String) -> JSONValue? { object.value(ByteString(key)) }

  /// An integer written in plain digits.
  func integer(
    _ key: String, in range: ClosedRange<Int>
  ) throws(ConfigurationFault) -> Int? {
    guard let value = value(key) else { return nil }
    return try integer(value, key: key, in: range)
  }

  func integer(
    _ value: JSONValue, key: String, in range: ClosedRange<Int>
  ) throws(ConfigurationFault) -> Int {
    guard case .number(let number) = value else {
      throw wrongKind(key, value, expected: "an integer")
    }
    guard let integer = number.int, range.contains(integer) else {
      throw .outOfRange(
        key: label(key), found: ByteString(number.text).description,
        expected: "an integer from \(range.lowerBound) to \(range.upperBound)")
    }
    return integer
  }

  /// A positive finite number.
  func positive(_ key: String) throws(ConfigurationFault) -> Double? {
    guard let value = value(key) else { return nil }
    guard case .number(let number) = value else {
      throw wrongKind(key, value, expected: "a number")
    }
    guard let double = number.double, double > 0 else {
      throw .outOfRange(
        key: label(key), found: ByteString(number.text).description,
        expected: "positive and finite")
    }
    return double
  }

  func bool(_ key: String) throws(ConfigurationFault) -> Bool? {
    guard let value = value(key) else { return nil }
    guard let bool = value.asBool else { throw wrongKind(key, value, expected: "a truth value") }
    return bool
  }

  func string(_ key: String) throws(ConfigurationFault) -> ByteString? {
    guard let value = value(key) else { return nil }
    guard let string = value.asString else { throw wrongKind(key, value, expected: "a string") }
    return string
  }

  func array(_ key: String) throws(ConfigurationFault) -> [JSONValue]? {
    guard let value = value(key) else { return nil }
    guard let array = value.asArray else { throw wrongKind(key, value, expected: "an array") }
    return array
  }

  /// A nested object.
  func reader(_ key: String) throws(ConfigurationFault) -> ConfigurationReader? {
    guard let value = value(key) else { return nil }
    guard let object = value.asObject else { throw wrongKind(key, value, expected: "an object") }
    return ConfigurationReader(object, prefix: "\(prefix)\(key).")
  }

  /// Turns an absent value into a fault that names the key.
  func require<Value>(_ key: String, _ value: Value?) throws(ConfigurationFault) -> Value {
    guard let value else { throw .missing(key: label(key)) }
    return value
  }

  private func wrongKind(
    _ key: String, _ value: JSONValue, expected: String
  ) -> ConfigurationFault {
    .wrongKind(key: label(key), found: value.kindName, expected: expected)
  }
}
