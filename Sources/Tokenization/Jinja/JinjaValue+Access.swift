/// Attributes, elements and slices.
extension JinjaValue {
  /// `value.name`: a method, or else the element of that key.
  func attribute(_ attribute: JinjaAttribute) throws(JinjaError) -> JinjaValue {
    if case .undefined(let absence) = self { throw .evaluation(absence.sentence) }
    if let found = method(attribute) { return found }
    if case .dictionary(let dictionary) = self, let value = dictionary.value(for: attribute.text) {
      return value
    }
    return .undefined(.attribute(attribute.name, of: typeName))
  }

  /// `value[key]`: an element, or else the attribute of that name.
  func item(_ key: JinjaValue, _ budget: JinjaBudget) throws(JinjaError) -> JinjaValue {
    switch (self, key.asInteger) {
    case (.undefined(let absence), _): throw .evaluation(absence.sentence)
    case (.dictionary(let dictionary), _):
      try budget.spend(dictionary.entries.count / 16)
      if let value = dictionary.value(for: key) { return value }
    case (.list(let list), let index?), (.tuple(let list), let index?):
      if let index = position(index, of: list.items.count) { return list.items[index] }
    case (.string(let text), let index?):
      if let index = position(index, of: text.count) {
        return .string(text[index..<(index + 1)])
      }
    default: break
    }
    if case .string(let name) = key, let found = method(JinjaAttribute(name.string)) {
      return found
    }
    return .undefined(.element(try key.represented().string, of: typeName))
  }

  /// Methods, and the attributes of loops and namespaces.
  private func method(_ attribute: JinjaAttribute) -> JinjaValue? {
    switch self {
    case .string(let text):
      return attribute.textMethod.map { .callable(.textMethod(text, $0)) }
    case .dictionary(let dictionary):
      if attribute.changesDictionary { return .undefined(.mutator(attribute.name, of: typeName)) }
      return attribute.dictionaryMethod.map { .callable(.dictionaryMethod(dictionary, $0)) }
    case .list(let list):
      if attribute.changesList { return .undefined(.mutator(attribute.name, of: typeName)) }
      return attribute.listMethod.map { .callable(.listMethod(list, $0)) }
    case .tuple(let list):
      guard let method = attribute.listMethod, method != .copy else { return nil }
      return .callable(.listMethod(list, method))
    case .namespace(let namespace): return namespace.attributes.value(for: attribute.text)
    case .loop(let loop): return loop.attribute(attribute.name)
    case .undefined, .null, .boolean, .integer, .float, .view, .iterator, .callable: return nil
    }
  }

  private func position(_ index: Int, of count: Int) -> Int? {
    let position = index < 0 ? index + count : index
    return position >= 0 && position < count ? position : nil
  }

  /// `value[from:to:by]` of text, a list or a tuple, with null for a bound that is left out.
  func slice(
    from lower: JinjaValue, to upper: JinjaValue, by step: JinjaValue
  ) throws(JinjaError) -> JinjaValue {
    var bounds: [Int?] = []
    for bound in [lower, upper, step] {
      if case .null = bound {
        bounds.append(nil)
      } else if let index = bound.asInteger {
        bounds.append(index)
      } else {
        throw .evaluation("a slice bound is a value of type \(bound.typeName), not an int")
      }
    }
    guard bounds[2] != 0 else { throw .evaluation("a slice step cannot be 0") }
    func indices(_ count: Int) -> [Int] {
      sliced(count, from: bounds[0], to: bounds[1], by: bounds[2] ?? 1)
    }
    switch self {
    case .string(let text):
      var part = text
      part.scalars = indices(text.count).map { text.scalars[$0] }
      return .string(part)
    case .list(let list):
      return .list(try JinjaList(indices(list.items.count).map { list.items[$0] }))
    case .tuple(let list):
      return .tuple(try JinjaList(indices(list.items.count).map { list.items[$0] }))
    case .undefined(let absence): throw .evaluation(absence.sentence)
    default: throw .evaluation("a value of type \(typeName) cannot be sliced")
    }
  }
}

/// The indices a Python slice visits.
private func sliced(_ count: Int, from lower: Int?, to upper: Int?, by step: Int) -> [Int] {
  func clamped(_ bound: Int?, otherwise: Int) -> Int {
    guard let bound else { return otherwise }
    let position = bound < 0 ? bound.addingReportingOverflow(count).partialValue : bound
    return step > 0 ? min(max(position, 0), count) : min(max(position, -1), count - 1)
  }
  // A larger step visits no more than the first index, and its sums cannot overflow.
  let step = min(max(step, -count - 1), count + 1)
  let start = clamped(lower, otherwise: step > 0 ? 0 : count - 1)
  let end = clamped(upper, otherwise: step > 0 ? count : -1)
  return Array(stride(from: start, to: end, by: step))
}
