/// Markup that is safe to show: every text in it was escaped when it was put in.
struct HTML: Sendable {
  /// The markup itself.
  private(set) var markup: String

  /// Nothing.
  static let empty = HTML(markup: "")

  /// Whether there is nothing.
  var isEmpty: Bool { markup.isEmpty }

  /// Text, shown letter by letter.
  static func text(_ text: String) -> HTML { HTML(markup: text.escapedForHTML) }

  /// An element with attributes and content.
  static func element(
    _ name: StaticString, _ attributes: [Attribute] = [], _ content: HTML...
  ) -> HTML {
    let list = attributes.map(\.markup).joined()
    return HTML(markup: "<\(name)\(list)>\(content.joined.markup)</\(name)>")
  }

  /// An element whose content is text.
  static func element(
    _ name: StaticString, _ attributes: [Attribute] = [], text: String
  ) -> HTML {
    element(name, attributes, .text(text))
  }

  /// An element that never has content, such as `meta`.
  static func void(_ name: StaticString, _ attributes: [Attribute]) -> HTML {
    HTML(markup: "<\(name)\(attributes.map(\.markup).joined())>")
  }

  /// A block of JSON for the page's script to read.
  ///
  /// Escaped so that no text in it can end the block.
  static func json(_ text: String, _ attributes: [Attribute]) -> HTML {
    let list = attributes.map(\.markup).joined()
    let safe = text.replacing("<", with: "\\u003C")
    return HTML(markup: "<script type=\"application/json\"\(list)>\(safe)</script>")
  }

  /// A script or style sheet that this room wrote itself, or that set-up made.
  static func inline(_ name: StaticString, _ source: String) -> HTML {
    HTML(markup: "<\(name)>\(source)</\(name)>")
  }

  /// An attribute of an element.
  struct Attribute: Sendable {
    fileprivate let markup: String

    init(_ name: StaticString, _ value: String) {
      markup = " \(name)=\"\(value.escapedForHTML)\""
    }

    /// An attribute that stands for itself, such as `hidden`.
    init(_ name: StaticString) { markup = " \(name)" }
  }

  static func += (left: inout HTML, right: HTML) { left.markup += right.markup }
}

extension Sequence<HTML> {
  /// The pieces one after another.
  var joined: HTML { reduce(into: .empty) { $0 += $1 } }
}

extension String {
  /// The text as HTML that shows it letter by letter, in content or in a quoted attribute.
  var escapedForHTML: String {
    var shown = ""
    shown.reserveCapacity(utf8.count)
    for scalar in escapedForTerminal.unicodeScalars {
      switch scalar {
      case "&": shown += "&amp;"
      case "<": shown += "&lt;"
      case ">": shown += "&gt;"
      case "\"": shown += "&quot;"
      case "'": shown += "&#39;"
      default: shown.unicodeScalars.append(scalar)
      }
    }
    return shown
  }
}
