/// The members of a JSON object, in file order and without repeated keys.
public struct JSONObject: Sendable {
  /// The members in the order they were written.
  public let members: [(key: ByteString, value: JSONValue)]

  /// Where each key is; kept only when there are enough keys for it to pay.
  private let places: [ByteString: Int]?

  private static let indexedCount = 12

  /// Wraps members whose keys are known to differ.
  ///
  /// - Precondition: no key occurs twice.
  public init(_ members: [(key: ByteString, value: JSONValue)]) {
    guard let object = JSONObject(unique: members) else {
      preconditionFailure("a JSON object was built with a repeated key")
    }
    self = object
  }

  /// Wraps members, or returns nil when a key occurs twice.
  init?(unique members: [(key: ByteString, value: JSONValue)]) {
    self.members = members
    if members.count < Self.indexedCount {
      places = nil
      for (index, member) in members.enumerated() {
        for other in members[..<index] where other.key == member.key { return nil }
      }
    } else {
      var places: [ByteString: Int] = [:]
      places.reserveCapacity(members.count)
      for (index, member) in members.enumerated() {
        guard places.updateValue(index, forKey: member.key) == nil else { return nil }
      }
      self.places = places
    }
  }

  /// The value of a key.
  public subscript(key: ByteString) -> JSONValue? {
    if let places { return places[key].map { members[$0].value } }
    return members.first { $0.key == key }?.value
  }

  /// The value of a key, with an explicit `null` counted as absent.
  public func value(_ key: ByteString) -> JSONValue? {
    guard let value = self[key], !value.isNull else { return nil }
    return value
  }
}

extension JSONObject: Equatable {
  /// Two objects are equal when they have the same members, in whatever order.
  public static func == (left: JSONObject, right: JSONObject) -> Bool {
    left.members.count == right.members.count
      && left.members.allSatisfy { right[$0.key] == $0.value }
  }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
  public init(dictionaryLiteral elements: (ByteString, JSONValue)...) {
    self.init(elements.map { (key: $0.0, value: $0.1) })
  }
}
