/// The metadata of a GGUF file, read by key and demanded kind.
public struct GGUFMetadata: Sendable {
  /// The file the values came from, for messages.
  public let path: String
  private let values: [ByteString: GGUFValue]

  /// Wraps values.
  public init(_ values: [ByteString: GGUFValue], path: String) {
    self.values = values
    self.path = path
  }

  /// The keys, sorted.
  public var keys: [ByteString] { values.keys.sorted() }

  /// The value of a key, whatever it is.
  public subscript(key: String) -> GGUFValue? { values[ByteString(key)] }
}

extension GGUFMetadata {
  /// A non-negative integer of any width, or nil when the key is absent.
  public func integer(
    _ key: String, in range: ClosedRange<Int> = 0...Int.max
  ) throws(ModelFileError) -> Int? {
    guard let value = self[key] else { return nil }
    let found: Int?
    let text: String
    switch value {
    case .unsigned(let integer): (found, text) = (Int(exactly: integer), "\(integer)")
    case .signed(let integer): (found, text) = (Int(exactly: integer), "\(integer)")
    default: throw wrongKind(key, value, expected: "an integer")
    }
    guard let found, range.contains(found) else {
      let bounds =
        range.upperBound == Int.max
        ? "at least \(range.lowerBound)" : "from \(range.lowerBound) to \(range.upperBound)"
      throw fault(.outOfRange(key: ByteString(key), found: text, expected: bounds))
    }
    return found
  }

  /// A finite number, or nil when the key is absent.
  public func float(_ key: String) throws(ModelFileError) -> Double? {
    guard let value = self[key] else { return nil }
    guard case .float(let number) = value else {
      throw wrongKind(key, value, expected: "a floating-point number")
    }
    guard number.isFinite else {
      throw fault(.outOfRange(key: ByteString(key), found: "\(number)", expected: "finite"))
    }
    return number
  }

  /// A truth value, or nil when the key is absent.
  public func bool(_ key: String) throws(ModelFileError) -> Bool? {
    guard let value = self[key] else { return nil }
    guard case .bool(let truth) = value else {
      throw wrongKind(key, value, expected: "a truth value")
    }
    return truth
  }

  /// A string, or nil when the key is absent.
  public func string(_ key: String) throws(ModelFileError) -> ByteString? {
    guard let value = self[key] else { return nil }
    guard case .string(let string) = value else {
      throw wrongKind(key, value, expected: "a string")
    }
    return string
  }

  /// An array of strings, or nil when the key is absent.
  public func strings(_ key: String) throws(ModelFileError) -> GGUFStrings? {
    guard let value = self[key] else { return nil }
    guard case .strings(let strings) = value else {
      throw wrongKind(key, value, expected: "an array of strings")
    }
    return strings
  }

  /// An array of integers, or nil when the key is absent.
  public func integers(_ key: String) throws(ModelFileError) -> [Int]? {
    guard let value = self[key] else { return nil }
    guard case .numbers(let numbers) = value, let integers = numbers.integers else {
      throw wrongKind(key, value, expected: "an array of integers")
    }
    return integers
  }

  /// An array of floating-point numbers, or nil when the key is absent.
  public func floats(_ key: String) throws(ModelFileError) -> [Float]? {
    guard let value = self[key] else { return nil }
    guard case .numbers(let numbers) = value, let floats = numbers.floats else {
      throw wrongKind(key, value, expected: "an array of floating-point numbers")
    }
    return floats
  }

  /// Turns an absent value into an error that names the key.
  public func require<Value>(_ key: String, _ value: Value?) throws(ModelFileError) -> Value {
    guard let value else { throw fault(.missingKey(ByteString(key))) }
    return value
  }

  func fault(_ fault: GGUFFault) -> ModelFileError {
    .gguf(path: path, offset: nil, fault)
  }

  private func wrongKind(_ key: String, _ found: GGUFValue, expected: String) -> ModelFileError {
    fault(.wrongKind(key: ByteString(key), found: found.kindName, expected: expected))
  }
}
