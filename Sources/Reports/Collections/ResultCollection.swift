import ModelFiles

/// Results of several analyses, to be shown together.
public struct ResultCollection: Sendable {
  private let results: [NamedResult]

  /// A result and what it is called here.
  private struct NamedResult: Sendable {
    let name: String
    let slug: String
    let result: AnyResult
    let tokens: TokenView?
  }

  /// Reads results of any kinds, each named by its file or its folder.
  ///
  /// Results whose folders have one name are called by their paths.
  public init(paths: [String]) throws {
    precondition(!paths.isEmpty, "a page of no results")
    let files = try paths.map { try ResultFile(path: $0) }
    let counts = Dictionary(files.map { ($0.name, 1) }, uniquingKeysWith: +)
    results = files.enumerated().map { index, file in
      NamedResult(
        name: counts[file.name] == 1 ? file.name : file.path, slug: "result-\(index + 1)",
        result: file.result, tokens: file.tokens)
    }
  }

  /// All results on one HTML page that needs nothing else.
  public func html(charts: ChartLibrary?) -> String { page.html(charts: charts) }

  /// The specification of every chart as a file of its own: its name and its bytes.
  public func chartFiles() -> [(name: String, bytes: [UInt8])] { page.charts.map(\.file) }

  private var page: ReportPage {
    if results.count == 1 {
      let only = results[0]
      return only.result.page(of: only.result.kind, tokens: only.tokens)
    }
    let versions = Set(results.map(\.result.tool)).sorted()
    return ReportPage(
      kind: kinds.name, title: "\(results.count) \(kinds.plural) compared",
      lead: results.map(\.name).joined(separator: ", ") + ".", opening: [],
      sections: overviews + results.map(section),
      colophon: "Plumbline \(versions.joined(separator: ", ")).")
  }

  /// What the results are called together.
  private var kinds: (name: String, plural: String) {
    let layers = results.count { if case .layers = $0.result { true } else { false } }
    let audits = audits.count
    if layers == results.count { return ("Reports on layers", "analyses of layers") }
    if audits == results.count { return ("Audit reports", "audits") }
    if results.allSatisfy({ $0.result.summary != nil }) {
      return ("Probe reports", "probe reports")
    }
    return runs.count == results.count
      ? ("Tuning reports", "tuned models") : ("Reports", "results")
  }

  private var runs: [TuningComparison.Entry] {
    results.compactMap { result in
      guard case .tuning(let run) = result.result else { return nil }
      return TuningComparison.Entry(name: result.name, run: run)
    }
  }

  private var audits: [AuditComparison.Entry] {
    results.compactMap { result in
      guard case .audit(let report) = result.result else { return nil }
      return AuditComparison.Entry(name: result.name, report: report)
    }
  }

  /// What stands before the results one by one.
  private var overviews: [PageSection] {
    [overview, AuditComparison(audits).section].compactMap { $0 }
  }

  private var overview: PageSection? {
    let summaries = results.compactMap { result in
      result.result.summary.map { SideBySide.Entry(name: result.name, summary: $0) }
    }
    let ofProbes: [PageBlock] =
      summaries.isEmpty
      ? []
      : SideBySide(summaries).blocks + [
        .note(
          """
          Results on other prompts, labels or groups are not measurements of one thing; a difference \
          between two rows has no interval here.
          """)
      ]
    let runs = runs
    let blocks = ofProbes + (runs.isEmpty ? [] : TuningComparison(runs).blocks)
    return blocks.isEmpty ? nil : PageSection("Side by side", anchor: "overview", blocks)
  }

  private func section(_ result: NamedResult) -> PageSection {
    result.result.section(named: result.name, anchor: result.slug, tokens: result.tokens)
  }
}

extension AnyResult {
  /// The result as a part of a larger page, its own parts folded.
  func section(named name: String, anchor: String, tokens: TokenView?) -> PageSection {
    let page = self.page(of: anchor, tokens: tokens)
    return PageSection(
      name, anchor: anchor,
      [.paragraph(summary.map { $0.meaning + "." } ?? page.lead)] + page.opening
        + page.sections.map { part in .folded(title: part.title, part.blocks) })
  }
}
