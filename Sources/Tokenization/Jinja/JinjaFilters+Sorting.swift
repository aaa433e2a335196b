/// Sorting, and the attribute paths by which sequences are sorted, joined and selected.
extension JinjaEvaluator {
  /// `dictsort`: pairs by key or by value.
  func sortedPairs(
    _ value: JinjaValue, _ arguments: inout JinjaArguments
  ) throws(JinjaError) -> JinjaValue {
    let keepsCase = try arguments.flag("case_sensitive")
    let by = try arguments.text("by") ?? "key"
    let isReversed = try arguments.flag("reverse")
    guard case .dictionary(let dictionary) = value else {
      throw .evaluation("dictsort needs a dict, not a value of type \(value.typeName)")
    }
    guard by == "key" || by == "value" else {
      throw .evaluation("dictsort sorts by 'key' or by 'value'")
    }
    let pairs = try JinjaView(.items, of: dictionary).elements.items
    let parts = dictionary.entries.map { by == "key" ? $0.key : $0.value }
    let keys = try keys(of: parts, path: nil, keepsCase: keepsCase)
    return .list(try JinjaList(try sorted(pairs, by: keys, isReversed: isReversed)))
  }

  /// A stable merge sort, which may throw when two keys have no order.
  func sorted(
    _ items: [JinjaValue], by keys: [JinjaValue], isReversed: Bool
  ) throws(JinjaError) -> [JinjaValue] {
    var order = Array(items.indices)
    var width = 1
    while width < order.count {
      var merged: [Int] = []
      for start in stride(from: 0, to: order.count, by: width * 2) {
        let middle = min(start + width, order.count)
        let end = min(start + width * 2, order.count)
        var left = start
        var right = middle
        while left < middle || right < end {
          try budget.spend(1 + keys[order[min(left, order.count - 1)]].extent.size / 16)
          let takesRight: Bool
          if left == middle || right == end {
            takesRight = left == middle
          } else {
            let first = keys[order[left]]
            let second = keys[order[right]]
            takesRight = try isReversed ? first.isLess(than: second) : second.isLess(than: first)
          }
          merged.append(order[takesRight ? right : left])
          if takesRight { right += 1 } else { left += 1 }
        }
      }
      order = merged
      width *= 2
    }
    return order.map { items[$0] }
  }

  /// What items are compared by: text in lower case unless case counts.
  func keys(
    of items: [JinjaValue], path: JinjaValue?, keepsCase: Bool
  ) throws(JinjaError) -> [JinjaValue] {
    var keys: [JinjaValue] = []
    for item in items {
      let part = try attribute(path, of: item)
      if !keepsCase, case .string(let text) = part {
        try budget.spend(makingText: text.count)
        keys.append(.string(text.lowercased))
      } else {
        keys.append(part)
      }
    }
    return keys
  }

  /// Lists of what items are compared by, one part for each path of `sort(attribute="a,b")`; lists,
  /// also for a single path, because two undefined parts of lists count as equal.
  func sortKeys(
    of items: [JinjaValue], path: JinjaValue?, keepsCase: Bool
  ) throws(JinjaError) -> [JinjaValue] {
    var columns: [[JinjaValue]] = []
    for path in sortPaths(path) {
      columns.append(try keys(of: items, path: path, keepsCase: keepsCase))
    }
    var keys: [JinjaValue] = []
    for row in items.indices {
      keys.append(.list(try JinjaList(columns.map { $0[row] })))
    }
    return keys
  }

  private func sortPaths(_ path: JinjaValue?) -> [JinjaValue?] {
    guard case .string(let text)? = path else { return [path] }
    return text.split(at: ",", limit: .max).map { .string($0) }
  }

  /// What an attribute path such as `function.name` or `0` leads to.
  func attribute(
    _ path: JinjaValue?, of item: JinjaValue, otherwise: JinjaValue? = nil
  ) throws(JinjaError) -> JinjaValue {
    guard let path else { return item }
    var value = item
    for part in try parts(of: path) {
      value = try value.item(part, budget)
      if let otherwise, value.isUndefined { value = otherwise }
    }
    return value
  }

  private func parts(of path: JinjaValue) throws(JinjaError) -> [JinjaValue] {
    switch path {
    case .null: return []
    case .string(let text):
      return text.split(at: ".", limit: .max).map { part in
        let name = part.string
        let isIndex = !name.isEmpty && name.utf8.allSatisfy { (0x30...0x39).contains($0) }
        return isIndex ? .integer(Int(name) ?? Int.max) : .string(part)
      }
    default: return [path]
    }
  }
}
