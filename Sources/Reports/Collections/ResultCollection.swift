import ModelFiles
import Probes

/// Results of several analyses, to be shown together.
public struct ResultCollection: Sendable {
  private let results: [NamedReport]

  /// A probe report and what it is called here.
  private struct NamedReport: Sendable {
    let name: String
    let slug: String
    let report: ProbeReport
    let tokens: TokenView?
  }

  /// Reads results, each named by its file or its folder.
  ///
  /// Results whose folders have one name are called by their paths.
  public init(paths: [String]) throws {
    precondition(!paths.isEmpty, "a page of no results")
    let files = try paths.map { try ResultFile(path: $0) }
    let counts = Dictionary(files.map { ($0.name, 1) }, uniquingKeysWith: +)
    results = files.enumerated().map { index, file in
      switch file.result {
      case .probe(let report):
        NamedReport(
          name: counts[file.name] == 1 ? file.name : file.path, slug: "result-\(index + 1)",
          report: report, tokens: file.tokens)
      }
    }
  }

  /// All results on one HTML page that needs nothing else.
  public func html(charts: ChartLibrary?) -> String {
    if results.count == 1 {
      return results[0].report.html(tokens: results[0].tokens, charts: charts)
    }
    return page.html(charts: charts)
  }

  /// The specification of every chart as a file of its own: its name and its bytes.
  public func chartFiles() -> [(name: String, bytes: [UInt8])] {
    results.count == 1 ? results[0].report.chartFiles() : page.charts.map(\.file)
  }

  private var page: ReportPage {
    let versions = Set(results.map(\.report.provenance.tool)).sorted()
    return ReportPage(
      kind: "Probe reports", title: "\(results.count) probe reports compared",
      lead: results.map(\.name).joined(separator: ", ") + ".", opening: [],
      sections: [overview] + results.map(section),
      colophon: "Plumbline \(versions.joined(separator: ", ")).")
  }

  private var overview: PageSection {
    var table = PageTable(
      "What each result says",
      [
        .text("result"), .text("label"), .text("verdict"), .number("AUROC (95 %)"),
        .number("gain (95 %)"), .number("p, labels permuted"), .number("prompts"),
        .number("groups"), .text("reference cell"),
      ], isSortable: true)
    for result in results {
      let analysis = result.report.analysis
      let figures = analysis.headline?.figures
      table.add([
        PageTable.Cell(result.name), PageTable.Cell(result.report.origin.meaningOfOne),
        PageTable.Cell(result.report.verdictWord),
        PageTable.Cell(figureAndInterval(figures?.auroc), key: figures?.auroc?.value),
        PageTable.Cell(
          figureAndInterval(figures?.gain, isSigned: true), key: figures?.gain?.value),
        PageTable.Cell(
          chance(analysis.controls.permutation.pValue), key: analysis.controls.permutation.pValue),
        PageTable.Cell("\(analysis.sample.rows)", key: Double(analysis.sample.rows)),
        PageTable.Cell("\(analysis.sample.groups)", key: Double(analysis.sample.groups)),
        PageTable.Cell(analysis.controls.reference.name),
      ])
    }
    var charts: [Chart] = []
    let headlines = results.compactMap { result in
      result.report.bestGuide.map {
        HeadlineRow(
          result: result.name, auroc: result.report.analysis.headline?.figures.auroc, baseline: $0)
      }
    }
    if !headlines.isEmpty { charts.append(.headlines(headlines)) }
    let curves = results.map { $0.report.referenceCurve(series: $0.name) }
      .filter { $0.points.count > 1 }
    if !curves.isEmpty {
      charts.append(
        .layerCurve(
          name: "layer-curves", of: "each result's reference position", curves,
          guides: [Guide(name: "guessing", auroc: 0.5)], guideWords: "guessing"))
    }
    return PageSection(
      "Side by side", anchor: "overview",
      [.table(table)] + charts.map { .charts([$0]) } + [
        .note(
          """
          Results on other prompts, labels or groups are not measurements of one thing; a difference \
          between two rows has no interval here.
          """)
      ])
  }

  private func section(_ result: NamedReport) -> PageSection {
    PageSection(
      result.name, anchor: result.slug,
      [.paragraph(result.report.labelMeaning { $0 } + ".")] + result.report.opening
        + result.report.sections(of: result.slug, tokens: result.tokens).map { part in
          .folded(title: part.title, part.blocks)
        })
  }
}
