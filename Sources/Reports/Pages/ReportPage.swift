/// A page of a report: what is said and shown, not how it looks.
struct ReportPage: Sendable {
  /// What kind of page it is, in small letters above the title.
  var kind: String
  /// The title.
  var title: String
  /// What stands under the title.
  var lead: String
  /// What comes before the first section.
  var opening: [PageBlock]
  /// The sections in reading order.
  var sections: [PageSection]
  /// The last line.
  var colophon: String

  /// Every chart of the page, in reading order.
  var charts: [Chart] { sections.flatMap(\.charts) }

  /// The page with something behind the name of every chart, to tell apart those of several results.
  func namingCharts(behind suffix: String) -> ReportPage {
    var page = self
    page.sections = sections.map { section in
      PageSection(
        section.title, anchor: section.anchor,
        section.blocks.map { $0.namingCharts(behind: suffix) })
    }
    return page
  }
}

/// A part of a page with a heading that the table of contents lists.
struct PageSection: Sendable {
  /// Where links lead; letters, digits and dashes.
  let anchor: String
  /// The heading.
  let title: String
  /// What is in it.
  let blocks: [PageBlock]

  /// Its charts, in reading order.
  var charts: [Chart] { blocks.flatMap(\.charts) }

  init(_ title: String, anchor: String, _ blocks: [PageBlock]) {
    self.title = title
    self.anchor = anchor
    self.blocks = blocks
  }
}

/// A piece of a section.
indirect enum PageBlock: Sendable {
  /// Prose.
  case paragraph(String)
  /// Prose in small letters.
  case note(String)
  /// Items of prose.
  case list([String])
  /// A heading inside a section.
  case heading(String)
  /// What may be said, with what speaks against saying more.
  case verdict(PageVerdict)
  /// The few figures that matter most.
  case figures([KeyFigure])
  /// Rows and columns.
  case table(PageTable)
  /// Charts side by side where there is room.
  case charts([Chart])
  /// Prompts with every token's score.
  case tokens(TokenView)
  /// Something that was not run, and what it needs.
  case notRun(what: String, needs: String)
  /// Names and values.
  case fields([(name: String, value: String)])
  /// Blocks that show when asked for.
  case folded(title: String, [PageBlock])

  fileprivate func namingCharts(behind suffix: String) -> PageBlock {
    switch self {
    case .charts(let charts):
      return .charts(
        charts.map { chart in
          var named = chart
          named.name = "\(chart.name)-\(suffix)"
          return named
        })
    case .folded(let title, let blocks):
      return .folded(title: title, blocks.map { $0.namingCharts(behind: suffix) })
    case .paragraph, .note, .list, .heading, .verdict, .figures, .table, .tokens, .notRun, .fields:
      return self
    }
  }

  fileprivate var charts: [Chart] {
    switch self {
    case .charts(let charts): charts
    case .folded(_, let blocks): blocks.flatMap(\.charts)
    case .paragraph, .note, .list, .heading, .verdict, .figures, .table, .tokens, .notRun, .fields:
      []
    }
  }
}

/// What may be said, at the top of a page.
struct PageVerdict: Sendable {
  /// How it turned out; never told by colour alone.
  enum Tone: String, Sendable {
    case holds
    case refuted
    case open
  }
  /// How it turned out.
  let tone: Tone
  /// One to three words.
  let word: String
  /// The sentence to quote.
  let sentence: String
  /// What was found, the refuting ones first.
  let findings: [Finding]

  /// Something that was found.
  struct Finding: Sendable {
    /// Whether it forbids the claim.
    let refutes: Bool
    /// The sentence.
    let sentence: String
    /// What stands before it; nil for the usual words.
    let word: String?

    init(refutes: Bool, sentence: String, word: String? = nil) {
      self.refutes = refutes
      self.sentence = sentence
      self.word = word
    }
  }
}

/// A figure in large letters.
struct KeyFigure: Sendable {
  /// What it is.
  let name: String
  /// The figure.
  let value: String
  /// Its interval, or what it is of.
  let detail: String
}
