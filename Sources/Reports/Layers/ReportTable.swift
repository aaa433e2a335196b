import Probes

/// A table for pages, Markdown and terminals alike.
struct ReportTable {
  /// What it shows.
  let caption: String
  private let columns: [(title: String, isNumber: Bool)]
  private var rows: [[String]] = []

  init(_ caption: String, _ columns: [PageTable.Column]) {
    self.caption = caption
    self.columns = columns.map { ($0.title, $0.isNumber) }
  }

  /// Adds a row.
  mutating func add(_ cells: [String]) {
    precondition(cells.count == columns.count, "\(cells.count) cells in \(columns.count) columns")
    rows.append(cells)
  }

  /// For a page.
  var page: PageTable {
    var table = PageTable(
      caption, columns.map { $0.isNumber ? .number($0.title) : .text($0.title) })
    for row in rows { table.add(row.map { PageTable.Cell($0) }) }
    return table
  }

  /// For Markdown.
  var markdown: String { text(\.escapedForMarkdown).markdown }

  /// For a terminal of 80 columns.
  var terminal: String { text(\.escapedForTerminal).lines(width: 80) }

  private func text(_ escape: (String) -> String) -> TextTable {
    var table = TextTable(
      columns.map { $0.isNumber ? .number($0.title) : .text($0.title) })
    for row in rows { table.add(row.map(escape)) }
    return table
  }
}
