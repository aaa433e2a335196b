/// How much a value holds: values may share parts, so a few lines of template can make one whose
/// comparison or release would take for ever or overflow the stack.
struct JinjaExtent {
  /// Levels of nesting, 0 for a value without elements.
  var depth = 0
  /// Values reached by following all elements, shared ones counted every time.
  var size = 1

  static let deepest = 60
  static let largest = 1_000_000

  /// Takes in an element, within the limits.
  mutating func hold(_ element: JinjaExtent) throws(JinjaError) {
    depth = max(depth, element.depth + 1)
    size += element.size
    guard depth <= Self.deepest, size <= Self.largest else {
      throw .limit("a value is too deeply nested or too large")
    }
  }
}

/// The elements of a list or a tuple.
struct JinjaList {
  let items: [JinjaValue]
  let extent: JinjaExtent

  init(_ items: [JinjaValue]) throws(JinjaError) {
    var extent = JinjaExtent()
    for item in items { try extent.hold(item.extent) }
    self.items = items
    self.extent = extent
  }
}

/// Keys and values in the order they were put in.
struct JinjaDictionary {
  struct Entry {
    let key: JinjaValue
    var value: JinjaValue
  }

  private(set) var entries: [Entry] = []
  private(set) var extent = JinjaExtent()

  func value(for key: JinjaValue) -> JinjaValue? {
    for entry in entries where entry.key.isEqual(to: key) { return entry.value }
    return nil
  }

  func value(for key: TracedText) -> JinjaValue? {
    for entry in entries {
      if case .string(let name) = entry.key, name == key { return entry.value }
    }
    return nil
  }

  /// Replaces the value of a key that is there, keeping its place, or adds the pair at the end.
  mutating func set(_ key: JinjaValue, to value: JinjaValue) throws(JinjaError) {
    switch key {
    case .null, .boolean, .integer, .float, .string: break
    default: throw .evaluation("a value of type \(key.typeName) cannot be a dictionary key")
    }
    try extent.hold(value.extent)
    if let index = entries.firstIndex(where: { $0.key.isEqual(to: key) }) {
      entries[index].value = value
    } else {
      entries.append(Entry(key: key, value: value))
    }
  }
}

/// The keys, the values or the pairs of a dictionary.
struct JinjaView {
  enum Kind: String {
    case keys = "dict_keys"
    case values = "dict_values"
    case items = "dict_items"
  }

  let kind: Kind
  let elements: JinjaList

  init(_ kind: Kind, of dictionary: JinjaDictionary) throws(JinjaError) {
    self.kind = kind
    var elements: [JinjaValue] = []
    for entry in dictionary.entries {
      switch kind {
      case .keys: elements.append(entry.key)
      case .values: elements.append(entry.value)
      case .items: elements.append(.tuple(try JinjaList([entry.key, entry.value])))
      }
    }
    self.elements = try JinjaList(elements)
  }
}

/// Elements that can be gone through once.
final class JinjaIterator {
  private var elements: ArraySlice<JinjaValue>
  let extent: JinjaExtent

  init(_ list: JinjaList) {
    elements = list.items[...]
    extent = list.extent
  }

  func next() -> JinjaValue? { elements.popFirst() }

  /// Everything that is left.
  func drain() -> [JinjaValue] {
    defer { elements = [] }
    return Array(elements)
  }
}

/// An object whose attributes a template may set.
final class JinjaNamespace {
  var attributes = JinjaDictionary()
}
