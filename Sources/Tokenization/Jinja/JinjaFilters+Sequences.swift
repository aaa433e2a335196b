/// Filters that take or make lists.
extension JinjaEvaluator {
  func sequence(
    _ filter: JinjaFilter.Sequence, _ value: JinjaValue, _ arguments: inout JinjaArguments
  ) throws(JinjaError) -> JinjaValue {
    switch filter {
    case .first, .last: return try end(filter, of: value)
    case .join: return .string(try join(value, &arguments))
    case .list: return .list(try JinjaList(try value.elements(budget)))
    case .reverse:
      if case .string(let text) = value {
        return .string(TracedText(scalars: text.scalars.reversed()))
      }
      let reversed = try JinjaList(try value.elements(budget).reversed())
      // Only what cannot be gone through backwards is copied; anything else is read as it comes.
      if case .iterator = value { return .list(reversed) }
      return .iterator(JinjaIterator(reversed))
    case .batch: return try batch(try value.elements(budget), &arguments)
    case .slice: return try slice(try value.elements(budget), &arguments)
    case .sort:
      let isReversed = try arguments.flag("reverse")
      let keepsCase = try arguments.flag("case_sensitive")
      let path = try arguments.take("attribute")
      let items = try value.elements(budget)
      let keys = try sortKeys(of: items, path: path, keepsCase: keepsCase)
      return .list(try JinjaList(try sorted(items, by: keys, isReversed: isReversed)))
    case .dictsort: return try sortedPairs(value, &arguments)
    case .unique:
      let keepsCase = try arguments.flag("case_sensitive")
      let path = try arguments.take("attribute")
      return try unique(try value.elements(budget), path: path, keepsCase: keepsCase)
    case .min, .max:
      let keepsCase = try arguments.flag("case_sensitive")
      let path = try arguments.take("attribute")
      let items = try value.elements(budget)
      let keys = try keys(of: items, path: path, keepsCase: keepsCase)
      var best: Int?
      for index in items.indices {
        try budget.spend()
        guard let current = best else {
          best = index
          continue
        }
        let isBetter =
          filter == .min
          ? try keys[index].isLess(than: keys[current])
          : try keys[current].isLess(than: keys[index])
        if isBetter { best = index }
      }
      return best.map { items[$0] } ?? .undefined(.item("the sequence is empty"))
    }
  }

  func iterator(over items: [JinjaValue]) throws(JinjaError) -> JinjaValue {
    .iterator(JinjaIterator(try JinjaList(items)))
  }

  private func end(
    _ filter: JinjaFilter.Sequence, of value: JinjaValue
  ) throws(JinjaError) -> JinjaValue {
    let empty = JinjaValue.undefined(.item("the sequence is empty"))
    switch value {
    case .string(let text):
      let scalar = filter == .first ? text.scalars.first : text.scalars.last
      return scalar.map { .string(TracedText(scalars: [$0])) } ?? empty
    case .iterator(let iterator):
      guard filter == .first else {
        throw .evaluation("the last element of a generator cannot be read; make a list first")
      }
      return iterator.next() ?? empty
    default:
      let items = try value.elements(budget)
      return (filter == .first ? items.first : items.last) ?? empty
    }
  }

  private func join(
    _ value: JinjaValue, _ arguments: inout JinjaArguments
  ) throws(JinjaError) -> TracedText {
    let separator = try arguments.take("d")?.printed() ?? TracedText()
    let path = try arguments.take("attribute")
    var parts: [TracedText] = []
    for item in try value.elements(budget) {
      parts.append(try attribute(path, of: item).printed())
    }
    return try separator.joining(parts, budget)
  }

  private func batch(
    _ items: [JinjaValue], _ arguments: inout JinjaArguments
  ) throws(JinjaError) -> JinjaValue {
    guard let size = try arguments.integer("linecount"), size > 0 else {
      throw .evaluation("batch needs a positive size")
    }
    let fill = try arguments.take("fill_with") ?? .null
    var batches: [JinjaValue] = []
    for start in stride(from: 0, to: items.count, by: min(size, max(items.count, 1))) {
      var batch = Array(items[start..<min(start + size, items.count)])
      if batch.count < size, fill.isTrue || !isNone(fill) {
        try budget.spend(size - batch.count)
        batch += repeatElement(fill, count: size - batch.count)
      }
      batches.append(.list(try JinjaList(batch)))
    }
    return try iterator(over: batches)
  }

  private func slice(
    _ items: [JinjaValue], _ arguments: inout JinjaArguments
  ) throws(JinjaError) -> JinjaValue {
    guard let count = try arguments.integer("slices"), count > 0 else {
      throw .evaluation("slice needs a positive count")
    }
    let fill = try arguments.take("fill_with") ?? .null
    try budget.spend(count)
    let (size, longer) = items.count.quotientAndRemainder(dividingBy: count)
    var slices: [JinjaValue] = []
    var start = 0
    for index in 0..<count {
      let end = start + size + (index < longer ? 1 : 0)
      var slice = Array(items[start..<end])
      if !isNone(fill), index >= longer { slice.append(fill) }
      slices.append(.list(try JinjaList(slice)))
      start = end
    }
    return try iterator(over: slices)
  }

  private func isNone(_ value: JinjaValue) -> Bool {
    if case .null = value { return true }
    return false
  }

  private func unique(
    _ items: [JinjaValue], path: JinjaValue?, keepsCase: Bool
  ) throws(JinjaError) -> JinjaValue {
    let keys = try keys(of: items, path: path, keepsCase: keepsCase)
    var kept: [JinjaValue] = []
    var seen: [JinjaValue] = []
    for (item, key) in zip(items, keys) {
      try budget.spend(1 + seen.count / 16)
      if seen.contains(where: { $0.isEqual(to: key) }) { continue }
      seen.append(key)
      kept.append(item)
    }
    return try iterator(over: kept)
  }
}
