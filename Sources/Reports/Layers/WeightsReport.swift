public import Probes

extension WeightShift: LayersResult {
  public static var kind: String { "layers-weights" }

  public static func forms(of report: LayersReport<WeightShift>) -> ReportForms {
    ReportForms(
      markdown: report.markdown, terminalText: report.terminalText, page: report.page)
  }
}

/// The result of `plumb layers weights`.
public typealias WeightsReport = LayersReport<WeightShift>

extension LayersReport<WeightShift> {
  /// What may be said.
  var claim: String {
    let changed = result.modules.filter { $0.relativeNorm > 0 }
    guard let most = changed.max(by: { $0.relativeNorm < $1.relativeNorm }) else {
      return "Nothing to compare: no matrix of an MLP differs between the two models."
    }
    let excesses = changed.compactMap(\.excess)
    let mean = excesses.reduce(0, +) / Double(max(excesses.count, 1))
    return """
      \(changed.count) of \(result.modules.count) matrices of MLPs differ, by at most \
      \(percent(most.relativeNorm)) of their length (\(most.module) of layer \(most.layer)). The share of \
      their changes outside of the matrices' column spaces is \(figure(mean, isSigned: true)) against a random \
      change's, on average.
      """
  }

  /// What else to know before quoting it.
  var findings: [PageVerdict.Finding] {
    var findings: [PageVerdict.Finding] = []
    let benign = result.modules.compactMap { module in
      module.outside.flatMap { outside in module.benign.map { outside - $0 } }
    }
    if benign.isEmpty {
      findings.append(
        .init(
          refutes: true,
          sentence: """
            No harmless tuning was given to compare with (--benign), so that nothing here is of safety rather \
            than of tuning.
            """))
    } else {
      let mean = benign.reduce(0, +) / Double(benign.count)
      findings.append(
        .init(
          refutes: false,
          sentence: """
            Against the harmless tuning the share outside is \(figure(mean, isSigned: true)) on average.
            """))
    }
    return findings
  }

  /// Every matrix.
  var moduleTable: ReportTable {
    var table = ReportTable(
      "Matrices of every MLP",
      [
        .number("layer"), .text("module"), .number("changed by"), .number("rank"),
        .number("outside"), .number("random"), .number("excess"), .number("harmless tuning"),
      ])
    for module in result.modules {
      table.add([
        "\(module.layer)", module.module, percent(module.relativeNorm), "\(module.rank)",
        figure(module.outside), figure(module.expected), figure(module.excess, isSigned: true),
        figure(module.benign),
      ])
    }
    return table
  }

  /// Clusters behind every layer.
  var clusterTable: ReportTable {
    let hasOthers = result.clusters.contains { $0.after.others != nil }
    var table = ReportTable(
      "Median place between the means: 1 harmful, -1 harmless",
      [
        .number("layer"), .number("harmful before"), .number("after"), .number("harmless before"),
        .number("after"), .number("AUROC before"), .number("after"),
      ] + (hasOthers ? [.number("others before"), .number("after")] : []))
    for cluster in result.clusters {
      let (before, after) = (cluster.before, cluster.after)
      table.add(
        [
          "\(cluster.layer)", figure(before.harmful.median, isSigned: true),
          figure(after.harmful.median, isSigned: true),
          figure(before.harmless.median, isSigned: true),
          figure(after.harmless.median, isSigned: true), figure(before.auroc), figure(after.auroc),
        ]
          + (hasOthers
            ? [
              figure(before.others?.median, isSigned: true),
              figure(after.others?.median, isSigned: true),
            ] : []))
    }
    return table
  }

  /// How the figures came about.
  var methodItems: [String] {
    [
      """
      Outside: of the squared length of a change, the share outside of the leading left singular vectors of the \
      matrix before that hold \(percent(result.heldShare)) of its squared singular values. Random: what a change \
      of normal noise has on average, which is much where a matrix has more rows than columns; the excess is \
      what counts.
      """,
      """
      Place of a prompt: its squared distance to the harmless mean less that to the harmful one, by the squared \
      distance of the means, of what leaves the layer at the last position. Means are of up to \
      \(result.promptsPerClass) prompts of either class to fit on, places of prompts that took no part.
      """,
      """
      Reading: how often |ΔW z|² / |z|² is larger for a harmful prompt, z being what enters the MLP of the tuned \
      model at the last position.
      """,
    ]
  }
}
