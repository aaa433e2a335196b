import Activations
import Probes

extension ProbeOrigin {
  /// What the choice of rows and places leaves open.
  func limitItems(_ escape: (String) -> String) -> [String] {
    var items: [String] = []
    if groupColumn == nil {
      items.append(
        """
        There is no group column, so prompts of one topic or template may be on both sides of a split: \
        every figure may be too high.
        """)
    }
    if leftOut != LeftOut() {
      items.append(
        """
        Left out: \(leftOut.unlabeled) without a label, \(leftOut.notFinite) with values that are not \
        finite, \(leftOut.otherSplit) of another split.
        """)
    }
    if !unevenPositions.isEmpty {
      items.append(
        """
        Captured but not probed, being absent from some prompts: \
        \(escape(unevenPositions.joined(separator: ", "))).
        """)
    }
    return items
  }

  /// What the figures were computed from and with.
  func fields(_ provenance: ProbeReport.Provenance) -> [(name: String, value: String)] {
    let fields: [(name: String, value: String?)] = [
      ("label column", labelColumn), ("group column", groupColumn ?? "none"),
      ("rows", split ?? "all"), ("model", modelDigest), ("adapter", adapterDigest),
      ("tokenizer", tokenizerDigest), ("chat template", templateDigest ?? "none"),
      ("prompts", promptsDigest), ("capture", identityDigest), ("precision", "\(precision)"),
      ("stored as", storedType), ("tool", provenance.tool), ("linear algebra", provenance.backend),
    ]
    return fields.compactMap { name, value in value.map { (name, $0) } }
  }

  /// The same as a section of Markdown.
  func markdownFields(_ provenance: ProbeReport.Provenance) -> String {
    markdownList(
      "Provenance", fields(provenance).map { "\($0.name): \($0.value.escapedForMarkdown)" })
  }
}

extension ProbeReport.Provenance {
  /// The last line of a page.
  var colophon: String { "Plumbline \(tool), \(backend)." }
}
