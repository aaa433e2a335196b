import Audit
import Probes
import Tokenization

extension LayersReport {
  /// The prompts, in a sentence.
  var sampleSentence: String {
    """
    \(origin.positives + origin.negatives) labelled prompts: \(origin.positives) harmful \
    (\(origin.meaningOfOne.escapedForTerminal)), \(origin.negatives) harmless \
    (\(origin.meaningOfZero.escapedForTerminal)), in \(counted(origin.groups, "group")).
    """
  }

  /// What the figures were computed from and with.
  var fields: [(name: String, value: String)] {
    let fields: [(name: String, value: String?)] = [
      ("model", origin.modelDigest), ("adapter", origin.adapterDigest),
      ("tokenizer", origin.tokenizerDigest), ("chat template", origin.templateDigest ?? "none"),
      ("system text", origin.encoding.system), ("prompts", origin.promptsDigest),
      ("group column", origin.groupColumn ?? "none"),
      ("prompts without a label, left out", "\(origin.unlabeled)"),
      ("precision", "\(origin.precision)"), ("seed", "\(origin.seed)"),
      ("tool", provenance.tool), ("arithmetic", provenance.backend),
    ]
    return fields.compactMap { name, value in value.map { (name, $0) } }
  }

  /// The same as a section of Markdown.
  var markdownFields: String {
    markdownList("Provenance", fields.map { "\($0.name): \($0.value.escapedForMarkdown)" })
  }
}

/// The positions that prompts are looked at, in words.
func words(ofPositions names: [String]) -> String {
  TailPositions.areAlike(names)
    ? "the last positions, which hold the same tokens in every prompt (\(names.joined(separator: ", ")))"
    : "the last position, whatever token it holds"
}

extension PageVerdict.Finding {
  /// What to say where prompts do not end alike; nil where they do.
  static func unlikeEnds(_ positions: [String]) -> PageVerdict.Finding? {
    if TailPositions.areAlike(positions) { return nil }
    return PageVerdict.Finding(
      refutes: true,
      sentence: """
        Prompts do not end in a template, so what is found at their last position may come from the last token \
        itself.
        """)
  }
}

extension [PageVerdict.Finding] {
  /// As a list in Markdown.
  var markdown: String {
    map { finding in
      let word = finding.word ?? (finding.refutes ? "Speaks against it" : nil)
      return "- \(word.map { "**\($0).** " } ?? "")\(finding.sentence.escapedForMarkdown)"
    }.joined(separator: "\n")
  }

  /// For a terminal of 80 columns.
  var terminal: String {
    map { wrapped("\($0.refutes ? "✗" : "•") \($0.sentence.escapedForTerminal)", width: 80) }
      .joined()
  }
}

/// An angle in degrees with two decimals and its interval.
func degrees(_ estimate: Estimate) -> String {
  "\(angle(estimate.value))° (\(angle(estimate.low))…\(angle(estimate.high)))"
}

/// An angle in degrees with two decimals.
func angle(_ value: Double) -> String { amount((value * 100).rounded() / 100) }

/// What to say of intervals over few groups; nil where there are enough.
func fewGroupsFinding(_ groups: Int) -> PageVerdict.Finding? {
  // As many as an audit asks for before it trusts redrawn groups alone.
  let least = PairedComparison.leastGroups
  if groups >= least { return nil }
  return PageVerdict.Finding(
    refutes: false,
    sentence: """
      \(counted(groups, "group").capitalizedAtStart) of prompts to judge by, fewer than \(least): intervals redraw \
      whole groups, and of so few they may be too narrow.
      """)
}
