/// How deep an expression is nested, counted when it is made.
///
/// Evaluating and freeing an expression take stack space for every level, and a long chain such as
/// `a + a + a` nests as deeply as brackets do.
extension JinjaExpression {
  init(_ node: Node, line: Int) {
    self.node = node
    self.line = line
    height = 1 + node.tallestChild
  }
}

extension JinjaExpression.Node {
  fileprivate var tallestChild: Int {
    switch self {
    case .literal, .variable: 0
    case .list(let items), .tuple(let items), .concatenation(let items): tallest(items)
    case .dictionary(let pairs):
      pairs.reduce(0) { max($0, $1.key.height, $1.value.height) }
    case .attribute(let value, _), .negate(let value), .plus(let value), .not(let value):
      value.height
    case .item(let left, let right), .and(let left, let right), .or(let left, let right),
      .arithmetic(_, let left, let right):
      max(left.height, right.height)
    case .slice(let value, let bounds):
      max(value.height, tallest([bounds.lower, bounds.upper, bounds.step].compactMap(\.self)))
    case .call(let value, let arguments), .test(let value, _, _, let arguments):
      max(value.height, arguments.height)
    case .filter(let value, let call): max(value.height, call.arguments.height)
    case .comparison(let left, let comparisons):
      comparisons.reduce(left.height) { max($0, $1.right.height) }
    case .conditional(let value, let condition, let otherwise):
      max(value.height, condition.height, otherwise?.height ?? 0)
    }
  }
}

extension JinjaArgumentSyntax {
  fileprivate var height: Int {
    let spreads = [spread, keywordSpread].compactMap(\.self)
    return tallest(positional + keywords.map(\.value) + spreads)
  }
}

private func tallest(_ expressions: [JinjaExpression]) -> Int {
  expressions.reduce(0) { max($0, $1.height) }
}
