/// Why a template could not be parsed or rendered, and where.
struct JinjaError: Error, Equatable {
  enum Reason: Equatable, Sendable {
    /// The template is not Jinja, or uses a part of it that chat templates do not need.
    case syntax(String)
    /// An operation failed while rendering.
    case evaluation(String)
    /// The template itself called `raise_exception` with this message.
    case refusal(String)
    /// The template did too much work or wrote too much.
    case limit(String)
  }

  var reason: Reason
  /// 1-based line of the template.
  var line: Int?

  static func syntax(_ message: String, line: Int) -> JinjaError {
    JinjaError(reason: .syntax(message), line: line)
  }

  static func evaluation(_ message: String) -> JinjaError {
    JinjaError(reason: .evaluation(message), line: nil)
  }

  static func limit(_ message: String) -> JinjaError {
    JinjaError(reason: .limit(message), line: nil)
  }

  /// The same error, placed at a line unless a more exact place is known.
  func placed(at line: Int) -> JinjaError {
    JinjaError(reason: reason, line: self.line ?? line)
  }
}
