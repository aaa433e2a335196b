import Probes

extension PageTable {
  /// Most rows of a table of all cells; more would make the page slow.
  private static let cellLimit = 2000

  /// A table of every place, sortable: where it is, then its figures.
  static func ofCells<Result>(
    _ results: [Result], at cell: (Result) -> ProbeCell, _ columns: [Column],
    figures: (Result) -> [Cell]
  ) -> PageTable {
    var table = PageTable(
      "Every cell; choose a column to sort by",
      [.text("site"), .number("layer"), .text("position")] + columns, isSortable: true)
    for result in results.prefix(cellLimit) {
      let place = cell(result)
      table.add(
        [
          Cell(place.site), Cell(layerText(place.layer), key: Double(place.layer ?? -1)),
          Cell(place.position),
        ] + figures(result))
    }
    return table
  }

  /// What to keep in mind about a table of all cells, ranked by gain.
  static func noteOfCells(count: Int) -> String {
    let cut =
      count > cellLimit
      ? " The \(cellLimit) with the largest gain of \(count); all are in result.json." : ""
    return """
      The first of \(counted(count, "cell")) is the luckiest as well as the best; the headline pays for \
      that choice, this table does not.\(cut)
      """
  }
}

extension PageTable.Cell {
  /// A figure with three decimals, sorted by its value.
  static func figure(_ value: Double?, isSigned: Bool = false) -> PageTable.Cell {
    PageTable.Cell(Reports.figure(value, isSigned: isSigned), key: value)
  }

  /// A figure and its interval, sorted by the figure.
  static func estimate(_ estimate: Estimate?, isSigned: Bool = false) -> PageTable.Cell {
    PageTable.Cell(figureAndInterval(estimate, isSigned: isSigned), key: estimate?.value)
  }

  /// A count, sorted by its value.
  static func count(_ count: Int) -> PageTable.Cell {
    PageTable.Cell("\(count)", key: Double(count))
  }
}
