import Probes

/// What one result of a probe says, for a page of several.
struct ResultSummary: Sendable {
  /// What its labels mean.
  let meaning: String
  /// What is decoded, in a word or two.
  let label: String
  /// What may be said, in one to three words.
  let verdict: String
  /// The headline's figure; nil without a headline.
  let headline: Estimate?
  /// The headline's figure above that of the best predictor that sees the text alone.
  let gain: Estimate?
  /// How often permuted labels reach as much; nil where that was not asked.
  let pValue: Double?
  /// Prompts.
  let rows: Int
  /// Groups of prompts.
  let groups: Int
  /// The best predictor that sees the text alone.
  let guide: Guide?
  /// Figures over the layers, with their measure.
  let layers: LayerCharts
}

extension AnyResult {
  /// The result of a probe beside others; nil for other results.
  var summary: ResultSummary? {
    switch self {
    case .tuning, .layers, .audit, .story: return nil
    case .probe(let report):
      let analysis = report.analysis
      return ResultSummary(
        meaning: report.labelMeaning { $0 }, label: report.origin.meaningOfOne,
        verdict: report.verdictWord, headline: analysis.headline?.figures.auroc,
        gain: analysis.headline?.figures.gain, pValue: analysis.controls.permutation.pValue,
        rows: analysis.sample.rows, groups: analysis.sample.groups,
        guide: report.layers.guide(analysis.bestBaseline.words), layers: report.layers)
    case .classes(let report):
      let analysis = report.analysis
      return ResultSummary(
        meaning: "\(report.origin.labelColumn): \(report.sampleSentence)",
        label: report.origin.labelColumn, verdict: report.claim.word,
        headline: analysis.headline?.figures.macroAuroc, gain: analysis.headline?.figures.gain,
        pValue: nil, rows: analysis.sample.rows.reduce(0, +), groups: analysis.sample.groups,
        guide: report.layers.guide(report.words(analysis.bestBaseline)), layers: report.layers)
    case .regression(let report):
      let analysis = report.analysis
      return ResultSummary(
        meaning: "\(report.origin.labelColumn): \(report.sampleSentence)",
        label: report.origin.labelColumn, verdict: report.claim.word,
        headline: analysis.headline?.figures.rSquared, gain: analysis.headline?.figures.gain,
        pValue: nil, rows: analysis.sample.rows, groups: analysis.sample.groups,
        guide: report.layers.guide(report.words(analysis.bestBaseline)), layers: report.layers)
    }
  }

  /// The result as a page of its own; the name tells apart the charts of several results on one page.
  func page(of name: String, tokens: TokenView?) -> ReportPage {
    switch self {
    case .probe(let report): report.page(of: name, tokens: tokens)
    case .classes(let report): report.page(of: name)
    case .regression(let report): report.page(of: name)
    case .tuning(let run): run.page(of: name)
    case .layers(let result): result.page(name)
    case .audit(let report): report.page.namingCharts(behind: name)
    case .story(let report): report.page
    }
  }

  /// The version of the tool that computed the result.
  var tool: String {
    switch self {
    case .probe(let report): report.provenance.tool
    case .classes(let report): report.provenance.tool
    case .regression(let report): report.provenance.tool
    case .tuning(let run): run.report.toolVersion
    case .layers(let result): result.tool
    case .audit(let report): report.provenance.tool
    case .story(let report): report.provenance.tool
    }
  }

  /// The kind as it stands in the file.
  var kind: String {
    switch self {
    case .probe(let report): report.kind
    case .classes(let report): report.kind
    case .regression(let report): report.kind
    case .tuning(let run): run.report.kind
    case .layers(let result): result.kind.rawValue
    case .audit(let report): report.kind
    case .story(let report): report.kind
    }
  }
}

extension LayerCharts {
  /// The predictor of a name.
  fileprivate func guide(_ name: String) -> Guide? { guides.first { $0.name == name } }
}
