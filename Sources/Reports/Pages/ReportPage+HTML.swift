import ModelFiles

extension ReportPage {
  /// The page as one file that needs nothing else.
  ///
  /// Without the charts' library the page keeps its tables and says what is missing.
  func html(charts library: ChartLibrary?) -> String {
    var renderer = PageRenderer(hasCharts: library != nil)
    let opening = renderer.html(self.opening)
    let sections = self.sections.map { renderer.section($0) }.joined
    let style = String(decoding: PackageResources.page_css, as: UTF8.self)
    let scripts =
      [String(decoding: PackageResources.page_js, as: UTF8.self)]
      + (library.map { [$0.source] } ?? [])

    let document = HTML.element(
      "html", [.init("lang", "en")], head(style: style, scripts: scripts),
      .element(
        "body", [],
        .element("a", [.init("class", "skip"), .init("href", "#main")], text: "Skip to content"),
        masthead,
        .element(
          "div", [.init("class", "layout")], contents,
          .element("main", [.init("id", "main")], opening, sections)),
        .element("footer", [], .element("p", text: colophon)),
        .json(ChartTheme.light.string, [.init("id", "chart-theme-light")]),
        .json(ChartTheme.dark.string, [.init("id", "chart-theme-dark")])))
    return "<!DOCTYPE html>\n\(document.markup)\n"
  }

  private func head(style: String, scripts: [String]) -> HTML {
    .element(
      "head", [],
      .void("meta", [.init("charset", "utf-8")]),
      .void(
        "meta",
        [
          .init("http-equiv", "Content-Security-Policy"),
          .init("content", ContentPolicy.allowing(scripts: scripts)),
        ]),
      .void(
        "meta",
        [.init("name", "viewport"), .init("content", "width=device-width, initial-scale=1")]),
      .void("meta", [.init("name", "color-scheme"), .init("content", "light dark")]),
      .element("title", text: title), .inline("style", style),
      scripts.map { HTML.inline("script", $0) }.joined)
  }

  private var masthead: HTML {
    .element(
      "header", [.init("class", "masthead")],
      .element("p", [.init("class", "kind")], text: kind),
      .element(
        "button", [.init("id", "theme"), .init("type", "button"), .init("hidden")], text: "Dark"),
      .element("h1", text: title), .element("p", [.init("class", "lead")], text: lead))
  }

  private var contents: HTML {
    let items = sections.map { section in
      HTML.element(
        "li", [],
        .element("a", [.init("href", "#\(section.anchor)")], text: section.title))
    }.joined
    return .element(
      "nav", [.init("aria-label", "Contents")],
      .element(
        "details", [],
        .element("summary", text: "Contents"), .element("ol", [], items)))
  }
}

extension JSONValue {
  /// The value as JSON text.
  var string: String { String(decoding: text(sorted: false), as: UTF8.self) }
}
