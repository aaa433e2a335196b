public import Inference

/// Where the gap opens and where it has levelled off.
public struct GapFinding: Codable, Sendable, Equatable {
  /// The largest studentised gap that chance leaves unexceeded in 95 % of exchanges of labels.
  public let threshold: Double
  /// The largest studentised gap of any block.
  public let largest: Double
  /// How often an exchange of labels gives as large a one, this order of labels counted among them.
  public let pValue: Double
  /// The initial range; nil where no gap exceeds what chance gives.
  public let range: LayerRange?
  /// The range by the rule of an earlier replication, where that was asked for.
  public let legacyRange: LayerRange?

  /// An increase below this share of the largest one counts as levelling off.
  static let levelling = 0.25

  /// Judges curves.
  ///
  /// - Parameters:
  ///   - blocks: every block's figures.
  ///   - maxima: the largest studentised gap under each exchange of labels.
  ///   - legacyMargin: the margin of the older rule; nil leaves it out.
  init(_ blocks: [BlockGap], maxima: [Double], legacyMargin: Double? = nil) {
    let studentized = blocks.map(\.studentizedGap)
    threshold = maximumThreshold(maxima)
    let largest = studentized.max() ?? 0
    self.largest = largest
    pValue =
      Double(1 + maxima.count { $0 >= largest }) / Double(1 + maxima.count)
    range = Self.range(
      gaps: blocks.map(\.gap.value), studentized: studentized, threshold: threshold)
    legacyRange = legacyMargin.flatMap { margin in
      Self.legacyRange(
        margins: blocks.map { $0.harmless.mean - $0.across.mean }, above: margin)
    }
  }

  /// The first block from which the gap stays above the threshold up to the largest one, and the first block
  /// after it at which it stops rising.
  package static func range(gaps: [Double], studentized: [Double], threshold: Double) -> LayerRange?
  {
    let above = studentized.indices.filter { studentized[$0] > threshold }
    guard let largest = above.max(by: { gaps[$0] < gaps[$1] }) else { return nil }
    var first = largest
    while first > 0, studentized[first - 1] > threshold { first -= 1 }
    let increases = gaps.indices.map { gaps[$0] - ($0 == 0 ? 0 : gaps[$0 - 1]) }
    let steep = levelling * (increases.max() ?? 0)
    let last = gaps.indices.first { $0 > first && $0 + 1 < gaps.count && increases[$0 + 1] < steep }
    return LayerRange(first: first, last: last ?? gaps.count - 1)
  }

  /// The first block from which harmless prompts' cosine is higher by a margin and stays higher, and the first
  /// block after it at which the difference stops growing.
  package static func legacyRange(margins: [Double], above margin: Double) -> LayerRange? {
    guard
      let first = margins.indices.first(where: { block in
        margins[block] > margin && margins[block...].allSatisfy { $0 > 0 }
      })
    else { return nil }
    let last = margins.indices.first {
      $0 > first && $0 + 1 < margins.count && margins[$0 + 1] <= margins[$0]
    }
    return LayerRange(first: first, last: last ?? margins.count - 1)
  }
}
