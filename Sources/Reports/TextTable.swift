/// A table of text, as Markdown or in columns of a fixed width.
struct TextTable {
  /// One column.
  struct Column {
    let title: String
    /// Numbers stand at the right.
    let isNumber: Bool

    static func text(_ title: String) -> Column { Column(title: title, isNumber: false) }
    static func number(_ title: String) -> Column { Column(title: title, isNumber: true) }
  }

  private let columns: [Column]
  private var rows: [[String]] = []

  init(_ columns: [Column]) {
    self.columns = columns
  }

  /// Adds a row, shown as it is: text from input is escaped before.
  mutating func add(_ cells: [String]) {
    precondition(cells.count == columns.count, "\(cells.count) cells in \(columns.count) columns")
    rows.append(cells)
  }

  /// The table as Markdown.
  var markdown: String {
    let lines =
      [columns.map(\.title), columns.map { $0.isNumber ? "---:" : "---" }] + rows
    return lines.map { "| \($0.joined(separator: " | ")) |\n" }.joined()
  }

  /// The table for a terminal: the first column loses its start when a line would be too long.
  func lines(width: Int) -> String {
    var widths = columns.map(\.title.count)
    for row in rows {
      for (index, cell) in row.enumerated() { widths[index] = max(widths[index], cell.count) }
    }
    let excess = widths.reduce(2 * (columns.count - 1), +) - width
    if excess > 0 { widths[0] = max(8, widths[0] - excess) }
    return ([columns.map(\.title)] + rows).map { row in
      let cells = row.enumerated().map { index, cell in
        let shown = cell.shortened(to: widths[index], keeping: .end)
        let gap = String(repeating: " ", count: widths[index] - shown.count)
        return columns[index].isNumber ? gap + shown : shown + gap
      }
      let line = cells.joined(separator: "  ")
      return String(line.reversed().drop { $0 == " " }.reversed()) + "\n"
    }.joined()
  }
}

extension String {
  /// Which part of a text tells it from others.
  enum TellingPart {
    case start
    case end
  }

  /// The text, or one of its ends and an ellipsis where it is longer.
  func shortened(to width: Int, keeping part: TellingPart) -> String {
    guard count > width else { return self }
    switch part {
    case .start: return prefix(width - 1) + "…"
    case .end: return "…" + suffix(width - 1)
    }
  }
}

/// Text broken into lines at spaces.
func wrapped(_ text: String, width: Int) -> String {
  var lines: [String] = []
  var line = ""
  for word in text.split(separator: " ") {
    if !line.isEmpty, line.count + 1 + word.count > width {
      lines.append(line)
      line = ""
    }
    line += line.isEmpty ? String(word) : " \(word)"
  }
  lines.append(line)
  return lines.map { $0 + "\n" }.joined()
}

/// Items as a section of Markdown.
func markdownList(_ title: String, _ items: [String]) -> String {
  "## \(title)\n\n" + items.map { "- \($0)" }.joined(separator: "\n")
}
