/// A value inside a template, with Python's meaning.
///
/// Lists and dictionaries never change once made: HuggingFace renders in a sandbox that forbids
/// every method that would change one. Only namespaces and loops have state.
enum JinjaValue {
  case undefined(JinjaAbsence)
  case null
  case boolean(Bool)
  case integer(Int)
  case float(Double)
  case string(TracedText)
  case list(JinjaList)
  case tuple(JinjaList)
  case dictionary(JinjaDictionary)
  /// What `keys()`, `values()` and `items()` return: it has a length but no elements by index.
  case view(JinjaView)
  /// What `map`, `select` and the like return: it can be gone through once.
  case iterator(JinjaIterator)
  case namespace(JinjaNamespace)
  case loop(JinjaLoopState)
  case callable(JinjaCallable)
}

/// Why a value is undefined; the sentence is made only when an error needs it.
enum JinjaAbsence {
  case variable(String)
  case attribute(String, of: String)
  case element(String, of: String)
  case parameter(String)
  case item(String)
  /// A method that would change a value, which the sandbox forbids.
  case mutator(String, of: String)

  var sentence: String {
    switch self {
    case .variable(let name): "'\(name)' is undefined"
    case .attribute(let name, let type): "\(type) has no attribute '\(name)'"
    case .element(let index, let type): "\(type) has no element \(index)"
    case .parameter(let name): "parameter '\(name)' was not given"
    case .item(let reason): reason
    case .mutator(let name, let type):
      "\(type).\(name) would change a value, which templates may not do"
    }
  }
}

/// Something a template may call.
enum JinjaCallable {
  case function(JinjaFunction)
  case macro(JinjaMacro)
  case textMethod(TracedText, JinjaTextMethod)
  case dictionaryMethod(JinjaDictionary, JinjaDictionaryMethod)
  case listMethod(JinjaList, JinjaListMethod)
  case loopMethod(JinjaLoopState, JinjaLoopMethod)
}

extension JinjaValue {
  init(_ literal: JinjaLiteral) {
    switch literal {
    case .null: self = .null
    case .boolean(let value): self = .boolean(value)
    case .integer(let value): self = .integer(value)
    case .float(let value): self = .float(value)
    case .string(let text): self = .string(text)
    }
  }

  /// What Python calls the type, for error messages.
  var typeName: String {
    switch self {
    case .undefined: "undefined"
    case .null: "None"
    case .boolean: "bool"
    case .integer: "int"
    case .float: "float"
    case .string: "str"
    case .list: "list"
    case .tuple: "tuple"
    case .dictionary: "dict"
    case .view(let view): view.kind.rawValue
    case .iterator: "generator"
    case .namespace: "namespace"
    case .loop: "loop"
    case .callable(.function), .callable(.macro): "function"
    case .callable: "method"
    }
  }

  /// Python's truth: empty and zero are false, anything else is true.
  var isTrue: Bool {
    switch self {
    case .undefined, .null: false
    case .boolean(let value): value
    case .integer(let value): value != 0
    case .float(let value): value != 0
    case .string(let text): !text.isEmpty
    case .list(let list), .tuple(let list): !list.items.isEmpty
    case .dictionary(let dictionary): !dictionary.entries.isEmpty
    case .view(let view): !view.elements.items.isEmpty
    case .loop(let loop): !loop.items.items.isEmpty
    case .iterator, .namespace, .callable: true
    }
  }

  var isUndefined: Bool {
    if case .undefined = self { return true }
    return false
  }

  /// The value as Python's `int`: booleans count as 0 and 1.
  var asInteger: Int? {
    switch self {
    case .integer(let value): value
    case .boolean(let value): value ? 1 : 0
    default: nil
    }
  }

  var asNumber: Double? {
    if case .float(let value) = self { return value }
    return asInteger.map(Double.init)
  }

  var extent: JinjaExtent {
    switch self {
    case .undefined, .null, .boolean, .integer, .float, .string, .namespace: JinjaExtent()
    case .list(let list), .tuple(let list): list.extent
    case .dictionary(let dictionary): dictionary.extent
    case .view(let view): view.elements.extent
    case .iterator(let iterator): iterator.extent
    case .loop(let loop): loop.items.extent
    case .callable(.listMethod(let list, _)): list.extent
    case .callable(.dictionaryMethod(let dictionary, _)): dictionary.extent
    case .callable(.loopMethod(let loop, _)): loop.items.extent
    case .callable(.function), .callable(.macro), .callable(.textMethod): JinjaExtent()
    }
  }

  /// The elements a loop over the value goes through.
  func elements(_ budget: JinjaBudget) throws(JinjaError) -> [JinjaValue] {
    switch self {
    case .undefined: return []
    case .list(let list), .tuple(let list): return list.items
    case .view(let view): return view.elements.items
    case .iterator(let iterator): return iterator.drain()
    case .dictionary(let dictionary): return dictionary.entries.map(\.key)
    case .string(let text):
      try budget.spend(text.count)
      return text.scalars.map { .string(TracedText(scalars: [$0])) }
    case .null, .boolean, .integer, .float, .namespace, .loop, .callable:
      throw .evaluation("a value of type \(typeName) has no elements")
    }
  }
}

extension JinjaValue: ExpressibleByStringLiteral {
  init(stringLiteral value: String) {
    self = .string(TracedText(value))
  }
}
