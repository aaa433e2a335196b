import Inference
import Probes

extension LayersReport where Result == LayerGap {
  private var finding: GapFinding { result.curves.finding }

  /// In a word or two.
  var verdictWord: String { finding.range == nil ? "not found" : "gap found" }

  /// The block of the largest gap.
  var largest: BlockGap? { result.curves.blocks.max { $0.gap.value < $1.gap.value } }

  /// What may be said.
  var claim: String {
    let test = """
      the largest studentised gap is \(amount(finding.largest)), where exchanged labels stay below \
      \(amount(finding.threshold)) in 95 % of \(result.options.permutations) exchanges \
      (p \(finding.pValue < 0.001 ? "" : "= ")\(chance(finding.pValue)))
      """
    guard let range = finding.range else {
      return """
        Not found: no block turns harmful prompts away from harmless ones by more than chance does; \(test).
        """
    }
    return """
      Harmful prompts turn away from harmless ones from block \(range.first) on, and the gap stops rising \
      at block \(range.last): initial range \(range) of blocks 0-\(result.curves.blocks.count - 1); \(test).
      """
  }

  /// What else to know before quoting it.
  var findings: [PageVerdict.Finding] {
    var findings: [PageVerdict.Finding] = []
    if let control = result.control {
      if let range = control.finding.range {
        findings.append(
          .init(
            refutes: finding.range != nil,
            sentence: """
              The control model shows a gap, too, at blocks \(range): what tuning added is at most the \
              difference of the curves.
              """))
      } else {
        findings.append(
          .init(
            refutes: false,
            sentence: "On the same prompts the control model's gap is within what chance gives."))
      }
    }
    if let changes = result.changes {
      let changed = changes.indices.filter { changes[$0].excludesZero }
      findings.append(
        .init(
          refutes: false,
          sentence: changed.isEmpty
            ? "No block's gap differs from the control model's beyond chance."
            : """
            The gap differs from the control model's at blocks \(runs(of: changed)), with bands that hold for \
            all blocks together.
            """))
    }
    if !result.endsAlike {
      findings.append(
        .init(
          refutes: true,
          sentence: """
            Prompts do not end in one token, so a gap may come from the last token itself; render them with \
            one template.
            """))
    }
    let offending = result.oneSet.indices.filter {
      result.oneSet[$0].excludesZero
    }
    if !offending.isEmpty {
      findings.append(
        .init(
          refutes: false,
          sentence: """
            With harmless prompts in both roles the interval misses 0 at \
            \(counted(offending.count, "block")), which shows how far random pairs alone go.
            """))
    }
    if let splits = result.nullSplits {
      findings.append(
        .init(
          refutes: Double(splits.notFound) < 0.93 * Double(splits.splits),
          sentence: """
            Between \(splits.splits) random halves of \(splits.prompts) harmless prompts the rule found \
            nothing in \(percent(Double(splits.notFound) / Double(splits.splits))).
            """))
    }
    return findings
  }

  /// What the figures do not say.
  static var limits: [String] {
    [
      """
      A gap says that vectors at the last position differ between the two sets; it does not say by what. \
      Topic and length differ between sets too, unless they are matched pair by pair.
      """,
      """
      Absolute degrees do not compare between models; the shape over depth does.
      """,
      """
      The range is a start for the search by scaling, not a finding about refusal.
      """,
    ]
  }

  /// How the figures were made.
  var method: String {
    let options = result.options
    return """
      \(result.harmless) harmless and \(result.harmful) harmful prompts, \
      \(counted(result.counterparts, "matched pair")) among them, exchanged whole; \(options.pairs) random \
      pairs of each type. Vectors are what leaves each block at the last position, before any final norm. \
      Intervals: 95 %, \(options.draws) bootstrap draws of prompts, pairs weighted by their two prompts.
      """
  }

  /// Titles of the table of blocks.
  static var blockTitles: [String] {
    ["block", "N-N", "N-M", "M-M", "gap (95 %)", "by mean cosines", "z", "one set (95 %)"]
  }

  /// The rows of that table.
  var blockRows: [[String]] {
    zip(result.curves.blocks, result.oneSet).map { block, oneSet in
      func cosines(_ summary: CosineSummary) -> String {
        "\(figure(summary.mean)) ± \(figure(summary.deviation))"
      }
      return [
        "\(block.block)", cosines(block.harmless), cosines(block.across), cosines(block.harmful),
        degrees(block.gap), "\(angle(block.codeGap.value))°", amount(block.studentizedGap),
        degrees(oneSet),
      ]
    }
  }
}
