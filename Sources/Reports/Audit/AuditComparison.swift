import Audit
import Statistics

/// Several tunings of one model, audited under one protocol: a row for each, and the mean of what they changed.
///
/// Prompts and tunings are different sources of spread and are never pooled: a row's interval is over prompts, the
/// mean's over tunings.
struct AuditComparison: Sendable {
  /// An audit and what it is called.
  struct Entry: Sendable {
    let name: String
    let report: AuditReport
  }
  /// Audits under one protocol each, in the order of their first.
  private let protocols: [[Entry]]

  init(_ entries: [Entry]) {
    var protocols: [[Entry]] = []
    for entry in entries {
      let place = protocols.firstIndex { $0[0].differences(from: entry).isEmpty }
      if let place { protocols[place].append(entry) } else { protocols.append([entry]) }
    }
    self.protocols = protocols
  }

  /// What to show; nil for fewer than two audits.
  var section: PageSection? {
    guard protocols.reduce(0, { $0 + $1.count }) > 1 else { return nil }
    let compared = protocols.filter { $0.count > 1 }
    return PageSection(
      "Several tunings under one protocol", anchor: "tunings",
      compared.flatMap { entries -> [PageBlock] in
        [.table(Self.table(of: entries)), .paragraph(Self.mean(of: entries))]
      } + strangers.map { PageBlock.note($0) })
  }

  /// What is said of audits that were made under another protocol than the first.
  private var strangers: [String] {
    guard protocols.count > 1 else { return [] }
    let first = protocols[0][0]
    return protocols.dropFirst().map { others in
      let names = others.map(\.name).joined(separator: ", ")
      let differing = first.differences(from: others[0]).joined(separator: ", ")
      return """
        \(names): another protocol than \(first.name) (\(differing)). Only audits under one protocol compare, so there \
        is no mean over both.
        """
    }
  }

  private static func table(of entries: [Entry]) -> PageTable {
    var table = PageTable(
      "What each tuning did to refusals",
      [
        .text("audit"), .number("before"), .number("after"), .number("points (95 %)"),
        .number("over-refusal, points (95 %)"), .text("verdict"),
      ], isSortable: true)
    for entry in entries {
      let result = entry.report.result
      let (refusals, others) = (result.harmful.anywhere.refusals, result.harmless.anywhere.refusals)
      table.add([
        PageTable.Cell(entry.name),
        PageTable.Cell(shareAndInterval(refusals.before), key: refusals.before.value),
        PageTable.Cell(shareAndInterval(refusals.after), key: refusals.after.value),
        PageTable.Cell(points(refusals.difference), key: refusals.difference.value),
        PageTable.Cell(points(others.difference), key: others.difference.value),
        PageTable.Cell(result.verdict.words),
      ])
    }
    return table
  }

  private static func mean(of entries: [Entry]) -> String {
    let tuned = Set(entries.map { $0.report.manifest.after.words })
    guard tuned.count == entries.count else {
      return """
        Two of these audits are of one tuned model, which makes no second tuning of it; there is no mean over them.
        """
    }
    let changes = entries.map { $0.report.result.harmful.anywhere.refusals.difference.value }
    guard let mean = StudentInterval(of: changes) else { return "" }
    // A rate changes by a hundred points at most, and of two tunings the t interval is wider than that.
    let (low, high) = (max(-1, mean.low), min(1, mean.high))
    return """
      Mean change of refusals over \(entries.count) tunings: \(points(mean.mean)) points \
      (\(points(low))…\(points(high)), a 95 % t interval with \
      \(counted(mean.degrees, "degree")) of freedom). Its spread is that of tunings; the intervals of the rows are \
      over prompts, and the two are not pooled.
      """
  }
}

extension AuditComparison.Entry {
  /// What the protocol or the model before differ in.
  fileprivate func differences(from other: AuditComparison.Entry) -> [String] {
    report.manifest.differencesBesideTuning(from: other.report.manifest)
  }
}

extension AuditedModel {
  /// The model and what was added to it, in one text.
  fileprivate var words: String { "\(modelDigest)+\(adapterDigest ?? "")" }
}
