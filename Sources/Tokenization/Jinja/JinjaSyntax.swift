/// A parsed template.
struct JinjaTemplate: Sendable {
  /// The statements in order.
  let body: [JinjaStatement]
  /// Every variable name the template mentions; expressions hold indices into this list.
  let names: [String]
}

/// Index of a variable name in `JinjaTemplate.names`.
typealias JinjaName = Int

/// What a template does, in order.
indirect enum JinjaStatement: Sendable {
  case data(TracedText)
  case output(JinjaExpression)
  case branch([JinjaBranch], otherwise: [JinjaStatement])
  case loop(JinjaLoopSyntax)
  case assign(JinjaTarget, JinjaExpression)
  case assignBlock(JinjaTarget, filters: [JinjaFilterCall], body: [JinjaStatement])
  case macro(JinjaMacroSyntax)
  case callBlock(JinjaExpression, caller: JinjaMacroSyntax)
  case filterBlock([JinjaFilterCall], body: [JinjaStatement])
  /// Statements with variables of their own: `with`, `generation`.
  case scope([JinjaBinding], body: [JinjaStatement])
  case breakLoop
  case continueLoop
}

/// One arm of an `if`.
struct JinjaBranch: Sendable {
  let condition: JinjaExpression
  let body: [JinjaStatement]
}

/// One variable of a `with`.
struct JinjaBinding: Sendable {
  let target: JinjaTarget
  let value: JinjaExpression
}

/// What a value is assigned to.
indirect enum JinjaTarget: Sendable {
  case name(JinjaName)
  case attribute(JinjaName, String)
  case tuple([JinjaTarget])
}

/// `for target in sequence if condition … else … endfor`.
struct JinjaLoopSyntax: Sendable {
  let target: JinjaTarget
  let sequence: JinjaExpression
  let condition: JinjaExpression?
  let body: [JinjaStatement]
  let otherwise: [JinjaStatement]
  let line: Int
}

/// A macro, or the body of a call block, which is a macro named `caller`.
struct JinjaMacroSyntax: Sendable {
  struct Parameter: Sendable {
    let name: JinjaName
    let defaultValue: JinjaExpression?
  }

  let name: String
  let variable: JinjaName
  let parameters: [Parameter]
  let body: [JinjaStatement]
  /// The names `caller`, `kwargs` and `varargs` when the body uses them.
  let callerName: JinjaName?
  let keywordsName: JinjaName?
  let extraName: JinjaName?
}

/// A filter with its arguments, without the value it is applied to.
struct JinjaFilterCall: Sendable {
  let name: String
  /// Nil when there is no filter of this name.
  let filter: JinjaFilter?
  let arguments: JinjaArgumentSyntax
  let line: Int
}

/// Arguments as written.
struct JinjaArgumentSyntax: Sendable {
  struct Keyword: Sendable {
    let name: String
    let value: JinjaExpression
  }

  var positional: [JinjaExpression] = []
  var keywords: [Keyword] = []
  /// `*list`.
  var spread: JinjaExpression?
  /// `**dictionary`.
  var keywordSpread: JinjaExpression?
}

/// An expression and the line it starts on.
struct JinjaExpression: Sendable {
  indirect enum Node: Sendable {
    case literal(JinjaLiteral)
    case variable(JinjaName)
    case list([JinjaExpression])
    case tuple([JinjaExpression])
    case dictionary([Pair])
    case attribute(JinjaExpression, JinjaAttribute)
    case item(JinjaExpression, JinjaExpression)
    case slice(JinjaExpression, Bounds)
    case call(JinjaExpression, JinjaArgumentSyntax)
    case filter(JinjaExpression, JinjaFilterCall)
    case test(JinjaExpression, JinjaTest?, name: String, JinjaArgumentSyntax)
    case negate(JinjaExpression)
    case plus(JinjaExpression)
    case not(JinjaExpression)
    case and(JinjaExpression, JinjaExpression)
    case or(JinjaExpression, JinjaExpression)
    case arithmetic(JinjaArithmetic, JinjaExpression, JinjaExpression)
    case concatenation([JinjaExpression])
    case comparison(JinjaExpression, [Comparison])
    case conditional(JinjaExpression, condition: JinjaExpression, otherwise: JinjaExpression?)
  }

  struct Pair: Sendable {
    let key: JinjaExpression
    let value: JinjaExpression
  }

  struct Bounds: Sendable {
    var lower: JinjaExpression?
    var upper: JinjaExpression?
    var step: JinjaExpression?
  }

  struct Comparison: Sendable {
    let comparator: JinjaComparator
    let right: JinjaExpression
  }

  let node: Node
  let line: Int
  /// Levels of nesting, 1 for a constant.
  let height: Int
}

/// A constant.
enum JinjaLiteral: Sendable {
  case null
  case boolean(Bool)
  case integer(Int)
  case float(Double)
  case string(TracedText)
}

/// An attribute name, looked up among the methods once, when the template is parsed.
struct JinjaAttribute: Sendable {
  let name: String
  let text: TracedText
  let textMethod: JinjaTextMethod?
  let dictionaryMethod: JinjaDictionaryMethod?
  let listMethod: JinjaListMethod?
  let changesDictionary: Bool
  let changesList: Bool

  init(_ name: String) {
    self.name = name
    text = TracedText(name)
    textMethod = JinjaTextMethod(rawValue: name)
    dictionaryMethod = JinjaDictionaryMethod(rawValue: name)
    listMethod = JinjaListMethod(rawValue: name)
    changesDictionary = JinjaDictionaryMethod.forbidden.contains(name)
    changesList = JinjaListMethod.forbidden.contains(name)
  }
}

/// Arithmetic on two values.
enum JinjaArithmetic: String, Sendable {
  case add = "+"
  case subtract = "-"
  case multiply = "*"
  case divide = "/"
  case floorDivide = "//"
  case remainder = "%"
  case power = "**"
}

/// What a comparison asks.
enum JinjaComparator: String, Sendable {
  case equal = "=="
  case notEqual = "!="
  case less = "<"
  case lessOrEqual = "<="
  case greater = ">"
  case greaterOrEqual = ">="
  case isIn = "in"
  case isNotIn = "not in"
}
