/// The filters templates may use.
enum JinjaFilter: String, Sendable {
  case abs
  case attr
  case batch
  case capitalize
  case center
  case count
  case d
  case `default`
  case dictsort
  case e
  case escape
  case first
  case float
  case forceescape
  case format
  case indent
  case int
  case items
  case join
  case last
  case length
  case list
  case lower
  case map
  case max
  case min
  case reject
  case rejectattr
  case replace
  case reverse
  case round
  case safe
  case select
  case selectattr
  case slice
  case sort
  case string
  case sum
  case title
  case tojson
  case trim
  case truncate
  case unique
  case upper
  case wordcount
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
    case .default, .d:
      let otherwise = try arguments.take("default_value") ?? .string("")
      let replacesFalse = try arguments.flag("boolean")
      result = value.isUndefined || (replacesFalse && !value.isTrue) ? otherwise : value
    case .attr:
      let name = JinjaAttribute(try arguments.requireText("name").string)
      result = try attribute(name, of: value)
    case .abs, .int, .float, .round, .sum: result = try number(filter, value, &arguments)
    case .string: result = .string(try value.printed())
    case .safe: result = .string(try value.printed().asMarkup)
    case .capitalize, .center, .e, .escape, .forceescape, .format, .indent, .lower, .replace,
      .title, .trim, .truncate, .upper, .wordcount:
      let text = try text(value, for: filter)
      try budget.spend(makingText: text.count)
      result = try self.text(filter, text, &arguments)
    case .tojson: result = .string(try jsonText(of: value, &arguments, budget))
    case .count, .length: result = .integer(try length(of: value))
    case .items:
      switch value {
      case .undefined: result = .iterator(JinjaIterator(try JinjaList([])))
      case .dictionary(let dictionary):
        result = .iterator(JinjaIterator(try JinjaView(.items, of: dictionary).elements))
      default: throw .evaluation("items needs a dict, not a value of type \(value.typeName)")
      }
    case .first, .last: result = try end(filter, of: value)
    case .join: result = .string(try join(value, &arguments))
    case .batch, .list, .reverse, .slice, .sort, .dictsort, .unique, .min, .max:
      result = try sequence(filter, value, &arguments)
    case .map: result = try map(value, &arguments)
    case .select, .reject, .selectattr, .rejectattr:
      result = try select(filter, value, &arguments)
    }
    try arguments.finish()
    return try paid(result)
  }

  /// The attribute filter, which does not fall back to a dictionary's keys.
  private func attribute(
    _ name: JinjaAttribute, of value: JinjaValue
  ) throws(JinjaError) -> JinjaValue {
    if case .dictionary = value, name.dictionaryMethod == nil {
      return .undefined(.attribute(name.name, of: value.typeName))
    }
    return try value.attribute(name)
  }

  /// The text a filter works on: most print whatever they are given, two insist on text.
  private func text(
    _ value: JinjaValue, for filter: JinjaFilter
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
