/// The filters templates may use, by what they work on.
enum JinjaFilter: Sendable {
  case general(General)
  case text(Text)
  case number(Number)
  case sequence(Sequence)
  case mapping(Mapping)

  /// Filters on values of any kind.
  enum General: String, Sendable {
    case attr
    case count
    case d
    case `default`
    case items
    case length
    case safe
    case string
    case tojson
  }

  /// Filters on text.
  enum Text: String, Sendable {
    case capitalize
    case center
    case e
    case escape
    case forceescape
    case format
    case indent
    case lower
    case replace
    case title
    case trim
    case truncate
    case upper
    case wordcount
  }

  /// Filters that give numbers.
  enum Number: String, Sendable {
    case abs
    case float
    case int
    case round
    case sum
  }

  /// Filters on the elements of a value.
  enum Sequence: String, Sendable {
    case batch
    case dictsort
    case first
    case join
    case last
    case list
    case max
    case min
    case reverse
    case slice
    case sort
    case unique
  }

  /// Filters that apply a filter, an attribute or a test to every element.
  enum Mapping: String, Sendable {
    case map
    case reject
    case rejectattr
    case select
    case selectattr
  }

  /// The filter of a name, or nil when there is none.
  init?(_ name: String) {
    if let filter = General(rawValue: name) {
      self = .general(filter)
    } else if let filter = Text(rawValue: name) {
      self = .text(filter)
    } else if let filter = Number(rawValue: name) {
      self = .number(filter)
    } else if let filter = Sequence(rawValue: name) {
      self = .sequence(filter)
    } else if let filter = Mapping(rawValue: name) {
      self = .mapping(filter)
    } else {
      return nil
    }
  }
}

extension JinjaEvaluator {
  /// Applies filters one after the other.
  func apply(
    _ filters: [JinjaFilterCall], to value: JinjaValue, in scope: JinjaScope
  ) throws(JinjaError) -> JinjaValue {
    var value = value
    for call in filters {
      do throws(JinjaError) {
        guard let filter = call.filter else {
          throw .evaluation("there is no filter named '\(call.name)'")
        }
        value = try apply(filter, to: value, try values(of: call.arguments, in: scope))
      } catch {
        throw error.placed(at: call.line)
      }
    }
    return value
  }

  /// Applies one filter.
  func apply(
    _ filter: JinjaFilter, to value: JinjaValue, _ arguments: JinjaArguments
  ) throws(JinjaError) -> JinjaValue {
    var arguments = arguments
    let result: JinjaValue
    switch filter {
    case .general(let filter): result = try general(filter, value, &arguments)
    case .text(let filter):
      let text = try text(value, for: filter)
      try budget.spend(makingText: text.count)
      result = try self.text(filter, text, &arguments)
    case .number(let filter): result = try number(filter, value, &arguments)
    case .sequence(let filter): result = try sequence(filter, value, &arguments)
    case .mapping(.map): result = try map(value, &arguments)
    case .mapping(let filter): result = try select(filter, value, &arguments)
    }
    try arguments.finish()
    return try paid(result)
  }

  private func general(
    _ filter: JinjaFilter.General, _ value: JinjaValue, _ arguments: inout JinjaArguments
  ) throws(JinjaError) -> JinjaValue {
    switch filter {
    case .default, .d:
      let otherwise = try arguments.take("default_value") ?? .string("")
      let replacesFalse = try arguments.flag("boolean")
      return value.isUndefined || (replacesFalse && !value.isTrue) ? otherwise : value
    case .attr: return try attribute(try arguments.requireText("name").string, of: value)
    case .string: return .string(try value.printed())
    case .safe: return .string(try value.printed().asMarkup)
    case .tojson: return .string(try jsonText(of: value, &arguments, budget))
    case .count, .length: return .integer(try length(of: value))
    case .items:
      switch value {
      case .undefined: return .iterator(JinjaIterator(try JinjaList([])))
      case .dictionary(let dictionary):
        return .iterator(JinjaIterator(try JinjaView(.items, of: dictionary).elements))
      default: throw .evaluation("items needs a dict, not a value of type \(value.typeName)")
      }
    }
  }

  /// The attribute filter, which does not fall back to a dictionary's keys.
  private func attribute(
    _ name: String, of value: JinjaValue
  ) throws(JinjaError) -> JinjaValue {
    if case .dictionary = value, JinjaDictionaryMethod(rawValue: name) == nil {
      return .undefined(.attribute(name, of: value.typeName))
    }
    return try value.attribute(JinjaAttribute(name))
  }

  /// The text a filter works on: most print whatever they are given, two insist on text.
  private func text(
    _ value: JinjaValue, for filter: JinjaFilter.Text
  ) throws(JinjaError) -> TracedText {
    if case .string(let text) = value { return text }
    let insists = filter == .indent || (filter == .truncate && !value.isUndefined)
    guard !insists else { throw value.unsuitable(for: filter.rawValue) }
    return try value.printed()
  }

  func length(of value: JinjaValue) throws(JinjaError) -> Int {
    switch value {
    case .undefined: return 0
    case .string(let text): return text.count
    case .list(let list), .tuple(let list): return list.items.count
    case .dictionary(let dictionary): return dictionary.entries.count
    case .view(let view): return view.elements.items.count
    case .loop(let loop): return loop.items.items.count
    case .null, .boolean, .integer, .float, .iterator, .namespace, .callable:
      throw .evaluation("a value of type \(value.typeName) has no length")
    }
  }
}
