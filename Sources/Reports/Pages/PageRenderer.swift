import ModelFiles

/// Turns the blocks of a page into HTML and numbers what has numbers.
struct PageRenderer {
  /// Whether the page carries what draws charts.
  let hasCharts: Bool
  private var chartCount = 0
  private var tokenViewCount = 0

  init(hasCharts: Bool) {
    self.hasCharts = hasCharts
  }

  mutating func section(_ section: PageSection) -> HTML {
    HTML.element(
      "section",
      [.init("id", section.anchor), .init("aria-labelledby", "\(section.anchor)-title")],
      .element("h2", [.init("id", "\(section.anchor)-title")], text: section.title),
      html(section.blocks))
  }

  mutating func html(_ blocks: [PageBlock]) -> HTML {
    var result = HTML.empty
    for block in blocks { result += html(block) }
    return result
  }

  private mutating func html(_ block: PageBlock) -> HTML {
    switch block {
    case .paragraph(let text): return .element("p", text: text)
    case .note(let text): return .element("p", [.init("class", "note")], text: text)
    case .list(let items):
      return .element("ul", [], items.map { HTML.element("li", text: $0) }.joined)
    case .heading(let text): return .element("h3", text: text)
    case .verdict(let verdict): return verdict.html
    case .figures(let figures):
      return .element("dl", [.init("class", "figures")], figures.map(\.html).joined)
    case .table(let table): return table.html
    case .charts(let charts):
      var figures = HTML.empty
      for chart in charts { figures += figure(chart) }
      return charts.count == 1
        ? figures : .element("div", [.init("class", "side-by-side")], figures)
    case .tokens(let view):
      tokenViewCount += 1
      return view.html(number: tokenViewCount)
    case .notRun(let what, let needs):
      return .element(
        "p", [.init("class", "not-run")], .element("strong", text: what),
        .text(": not run, \(needs)."))
    case .fields(let fields):
      return .element(
        "dl", [.init("class", "fields")],
        fields.map { field in
          HTML.element(
            "div", [], .element("dt", text: field.name), .element("dd", text: field.value))
        }.joined)
    case .folded(let title, let blocks):
      return .element("details", [], .element("summary", text: title), html(blocks))
    }
  }

  /// A chart as a numbered figure, with its numbers as a table to unfold.
  private mutating func figure(_ chart: Chart) -> HTML {
    chartCount += 1
    let anchor = "chart-\(chart.name)"
    return .element(
      "figure",
      [
        .init("id", anchor), .init("class", chart.form.isSquare ? "square" : "wide"),
        .init("data-name", chart.name),
      ],
      hasCharts ? plot(chart, anchor: anchor) : Self.missing,
      .element(
        "p", [.init("class", "hidden"), .init("id", "\(anchor)-summary")], text: chart.summary),
      .element(
        "figcaption", [],
        .element(
          "p", [], .element("strong", text: "Figure \(chartCount). \(chart.title)."),
          .text(" \(chart.caption)")),
        hasCharts ? exports : .empty,
        .element(
          "details", [.init("class", "data")] + (hasCharts ? [] : [.init("open")]),
          .element("summary", text: "Data of figure \(chartCount)"), chart.data.html)))
  }

  private func plot(_ chart: Chart, anchor: String) -> HTML {
    .element(
      "div", [.init("class", "drawing")],
      .element(
        "div",
        [
          .init("class", "plot"), .init("role", "group"),
          .init("aria-roledescription", "chart"), .init("aria-label", chart.title),
          .init("aria-describedby", "\(anchor)-summary"),
        ]),
      .json(chart.embedded.string, [.init("class", "specification")]))
  }

  private var exports: HTML {
    let buttons = ["PNG", "SVG"].map { form in
      HTML.element(
        "button",
        [
          .init("type", "button"), .init("data-export", form.lowercased()),
          .init("aria-label", "Save figure \(chartCount) as \(form)"),
        ], text: form)
    }
    return .element("div", [.init("class", "tools")], buttons.joined)
  }

  private static let missing = HTML.element(
    "p", [.init("class", "missing")],
    .text(
      "The chart is missing because its JavaScript was not set up when this page was made: run "),
    .element("code", text: ChartLibrary.command),
    .text(" in the Plumbline checkout and make the page again. Its numbers are below."))
}

extension PageVerdict {
  fileprivate var html: HTML {
    let items = findings.map { finding in
      HTML.element(
        "li", [.init("class", finding.refutes ? "refutes" : "remark")],
        .element(
          "span", [.init("class", "mark")],
          text: finding.word ?? (finding.refutes ? "Refutes" : "Note")),
        .element("span", text: finding.sentence))
    }.joined
    return .element(
      "div", [.init("class", "verdict \(tone.rawValue)")],
      .element("p", [.init("class", "word")], text: word),
      .element("p", [.init("class", "claim")], text: sentence),
      findings.isEmpty ? .empty : .element("ul", [.init("class", "findings")], items))
  }
}

extension KeyFigure {
  fileprivate var html: HTML {
    .element(
      "div", [], .element("dt", text: name),
      .element(
        "dd", [], .element("span", [.init("class", "value")], text: value),
        .element("span", [.init("class", "detail")], text: detail)))
  }
}
