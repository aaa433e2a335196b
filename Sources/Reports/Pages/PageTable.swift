/// A table of a page: a caption, columns, and rows whose first cell may name them.
struct PageTable: Sendable {
  /// One column.
  struct Column: Sendable {
    let title: String
    /// Numbers stand at the right.
    let isNumber: Bool

    static func text(_ title: String) -> Column { Column(title: title, isNumber: false) }
    static func number(_ title: String) -> Column { Column(title: title, isNumber: true) }
  }

  /// One cell.
  struct Cell: Sendable, ExpressibleByStringLiteral {
    let text: String
    /// What the cell is sorted by; nil sorts by its text.
    let key: Double?

    init(_ text: String, key: Double? = nil) {
      self.text = text
      self.key = key
    }

    init(stringLiteral text: String) { self.init(text) }
  }

  /// What the table shows.
  let caption: String
  private let columns: [Column]
  /// Whether readers may sort it by a column.
  private let isSortable: Bool
  private var rows: [[Cell]] = []

  init(_ caption: String, _ columns: [Column], isSortable: Bool = false) {
    self.caption = caption
    self.columns = columns
    self.isSortable = isSortable
  }

  /// Adds a row; its first cell names it.
  mutating func add(_ cells: [Cell]) {
    precondition(cells.count == columns.count, "\(cells.count) cells in \(columns.count) columns")
    rows.append(cells)
  }

  /// The table in a box of its own that scrolls when the page is narrow.
  var html: HTML {
    let head = columns.map { column in
      HTML.element(
        "th", [.init("scope", "col")] + alignment(column),
        isSortable
          ? .element("button", [.init("type", "button")], text: column.title)
          : .text(column.title))
    }.joined
    let body = rows.map { row in
      HTML.element(
        "tr", [],
        zip(columns, row).enumerated().map { index, pair in
          let (column, cell) = pair
          var attributes = alignment(column)
          if isSortable, let key = cell.key { attributes.append(.init("data-key", "\(key)")) }
          return index == 0
            ? .element("th", [.init("scope", "row")] + attributes, text: cell.text)
            : .element("td", attributes, text: cell.text)
        }.joined)
    }.joined
    let table = HTML.element(
      "table", isSortable ? [.init("data-sortable")] : [],
      .element("caption", text: caption) + .element("thead", [], .element("tr", [], head))
        + .element("tbody", [], body))
    return .element(
      "div",
      [
        .init("class", "scroll"), .init("tabindex", "0"), .init("role", "region"),
        .init("aria-label", "Table: \(caption)"),
      ], table)
  }

  private func alignment(_ column: Column) -> [HTML.Attribute] {
    column.isNumber ? [.init("class", "number")] : []
  }
}
