/// Methods of Python's `dict`.
enum JinjaDictionaryMethod: String, Sendable {
  case copy
  case get
  case items
  case keys
  case values

  /// Methods that would change the dictionary, which the sandbox forbids.
  static let forbidden: Set<String> = ["clear", "pop", "popitem", "setdefault", "update"]

  func call(
    on dictionary: JinjaDictionary, _ arguments: JinjaArguments, _ budget: JinjaBudget
  ) throws(JinjaError) -> JinjaValue {
    var arguments = arguments
    try budget.spend(dictionary.entries.count / 16)
    let value: JinjaValue
    switch self {
    case .get:
      let key = try arguments.require("key")
      let otherwise = try arguments.take("default") ?? .null
      value = dictionary.value(for: key) ?? otherwise
    case .items: value = .view(try JinjaView(.items, of: dictionary))
    case .keys: value = .view(try JinjaView(.keys, of: dictionary))
    case .values: value = .view(try JinjaView(.values, of: dictionary))
    case .copy: value = .dictionary(dictionary)
    }
    try arguments.finish()
    return value
  }
}

/// Methods of Python's `list` and `tuple`.
enum JinjaListMethod: String, Sendable {
  case copy
  case count
  case index

  /// Methods that would change the list, which the sandbox forbids.
  static let forbidden: Set<String> = [
    "append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort",
  ]

  func call(
    on list: JinjaList, _ arguments: JinjaArguments, _ budget: JinjaBudget
  ) throws(JinjaError) -> JinjaValue {
    var arguments = arguments
    try budget.spend(list.extent.size / 16)
    let result: JinjaValue
    switch self {
    case .copy: result = .list(list)
    case .count:
      let wanted = try arguments.require("value")
      result = .integer(list.items.count { $0.isEqual(to: wanted) })
    case .index:
      let wanted = try arguments.require("value")
      guard let index = list.items.firstIndex(where: { $0.isEqual(to: wanted) }) else {
        throw .evaluation("index: the value is not in the list")
      }
      result = .integer(index)
    }
    try arguments.finish()
    return result
  }
}
