/// What values are assigned to.
extension JinjaParser {
  mutating func target(allowsAttributes: Bool) throws(JinjaError) -> JinjaTarget {
    var targets = [try singleTarget(allowsAttributes: allowsAttributes)]
    guard isSymbol(.comma) else { return targets[0] }
    while skip(.comma) {
      if isName("in") || isSymbol(.assign) || current.kind == .tagEnd { break }
      targets.append(try singleTarget(allowsAttributes: allowsAttributes))
    }
    return .tuple(targets)
  }

  mutating func singleTarget(allowsAttributes: Bool) throws(JinjaError) -> JinjaTarget {
    if skip(.leftParenthesis) {
      let inner = try nested { (parser) throws(JinjaError) in
        try parser.target(allowsAttributes: allowsAttributes)
      }
      try expect(.symbol(.rightParenthesis))
      return inner
    }
    let line = current.line
    let name = try expectName()
    guard !Self.reservedNames.contains(name) else {
      throw .syntax("cannot assign to '\(name)'", line: line)
    }
    if allowsAttributes, skip(.dot) {
      return .attribute(variable(name), try expectName())
    }
    return .name(variable(name))
  }

  private static let reservedNames: Set<String> = [
    "true", "false", "none", "True", "False", "None",
  ]
}
