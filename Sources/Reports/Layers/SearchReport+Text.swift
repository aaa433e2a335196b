import Probes

extension LayersReport where Result == LayerSearch {
  /// The report as Markdown.
  var markdown: String {
    var sections = ["# Search by scaling: \(verdictWord)", claim]
    if !findings.isEmpty {
      sections.append(findings.markdown)
    }
    sections += ["## Sweeps", "\(method) \(beginning)"]
    sections += sweeps.flatMap { title, sweep in
      ["### \(title)", Self.table(Self.countTitles, countRows(sweep)).markdown]
    }
    sections += [
      "## Factors", thresholdSentence, Self.table(Self.stepTitles, stepRows).markdown,
      markdownList("What this does not say", Self.limits), markdownFields,
    ]
    return sections.joined(separator: "\n\n") + "\n"
  }

  /// The report for a terminal, 80 columns wide.
  var terminalText: String {
    let width = 80
    return
      ([
        wrapped("Search by scaling on \(result.prompts) harmless prompts", width: width),
        wrapped(claim, width: width),
        findings.terminal,
        Self.table(Self.stepTitles, stepRows).lines(width: width),
      ]
      + sweeps.map { title, sweep in
        "\(title)\n" + Self.table(Self.countTitles, countRows(sweep)).lines(width: width)
      }).filter { !$0.isEmpty }.joined(separator: "\n")
  }

  /// What a factor had to do to be taken.
  var thresholdSentence: String {
    """
    The factor nearest to 1 is taken whose counts over the first window differ by a standard deviation of at \
    least \(amount(result.threshold)) (\(amount(result.options.deviation)) for \
    \(SearchOptions.publishedPrompts) prompts), with at most \(percent(result.options.incoherentLimit)) of \
    replies incoherent where the widest range is scaled.
    """
  }

  private static func table(_ titles: [String], _ rows: [[String]]) -> TextTable {
    var table = TextTable(
      titles.enumerated().map { $0 == 0 || $1.isEmpty ? .text($1) : .number($1) })
    for row in rows { table.add(row) }
    return table
  }
}
