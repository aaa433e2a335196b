import ArgumentParser
import Reports

/// One page from the results of one or several analyses.
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Show results of analyses on one page.",
    usage: "plumb report DIR … --output PAGE.html [--charts FOLDER]",
    discussion: """
      Reads result.json of every folder and writes one HTML file that needs no network: what each result \
      says side by side, their curves in one chart, then each result in full. With --charts every chart is \
      also written as a Vega-Lite specification, NAME.vl.json, which scripts/draw_charts.py turns into SVG or \
      PNG without a browser.
      """)

  @Argument(help: "Folders that analyses wrote, or their result.json.")
  var results: [String]
  @Option(help: "The page to write.")
  var output: String
  @Option(help: "A folder for the charts' specifications.")
  var charts: String?
  @Flag(help: "Replace outputs that exist.")
  var overwrite = false

  func run() throws {
    let collection = try ResultCollection(paths: results)
    if let charts {
      try ChartFolder(path: charts, overwriting: overwrite).write(collection.chartFiles())
    }
    try PageFile.write(
      collection.html(charts: InstalledCharts.find()), to: output, overwriting: overwrite)
    try Console.output("Wrote \(output)\(charts.map { " and the charts in \($0)" } ?? "").")
  }
}

/// Finds the charts' library that set-up made.
enum InstalledCharts {
  /// The library; nil where set-up did not make it.
  static func find() throws -> ChartLibrary? {
    try SetupFile.find(ChartLibrary.fileName, in: "charts").map { try ChartLibrary(path: $0) }
  }
}
