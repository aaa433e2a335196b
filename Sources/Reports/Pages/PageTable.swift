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

  /// More rows than that scroll in a box of their own.
  private static let longCount = 24
  /// So many rows of a long table are printed; the style sheet says the same.
  private static let printedCount = 20

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
    var attributes: [HTML.Attribute] = []
    if isSortable { attributes.append(.init("data-sortable")) }
    if !columns.contains(where: \.isNumber) { attributes.append(.init("class", "stacked")) }
    let table = HTML.element(
      "table", attributes, .element("caption", [], .element("span", text: caption)),
      .element("thead", [], .element("tr", [], columns.map(head).joined)),
      .element("tbody", [], rows.map(row).joined))
    let isLong = rows.count > Self.longCount
    let box = HTML.element(
      "div",
      [
        .init("class", isLong ? "scroll long" : "scroll"),
        .init("tabindex", "0"), .init("role", "region"),
        .init("aria-label", "Table: \(caption)"),
      ], table)
    let cut = "The first \(Self.printedCount) of \(rows.count) rows; the page has all of them."
    return isLong
      ? [box, .element("p", [.init("class", "note on-paper")], text: cut)].joined : box
  }

  private func head(_ column: Column) -> HTML {
    let attributes = [.init("scope", "col")] + alignment(column)
    if !isSortable { return .element("th", attributes, text: column.title) }
    return .element(
      "th", attributes, .element("button", [.init("type", "button")], text: column.title))
  }

  private func row(_ cells: [Cell]) -> HTML {
    var html = HTML.empty
    for (column, cell) in zip(columns, cells) {
      var attributes = alignment(column)
      if isSortable, let key = cell.key { attributes.append(.init("data-key", "\(key)")) }
      html +=
        html.isEmpty
        ? .element("th", [.init("scope", "row")] + attributes, text: cell.text)
        : .element("td", attributes, text: cell.text)
    }
    return .element("tr", [], html)
  }

  private func alignment(_ column: Column) -> [HTML.Attribute] {
    column.isNumber ? [.init("class", "number")] : []
  }
}
