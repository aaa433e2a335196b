import Foundation

/// Measures the median norm of a site's rows: the unit for an intervention's strength.
///
/// The median is over prompts, at the last position of each.
public final class MedianNorm: ActivationHook {
  public let sites: [HookSite]
  private var norms: [HookSite: [Double]] = [:]

  /// Measures a kind of site at some layers.
  public init(of kind: SiteKind, layers: some Sequence<Int>) {
    sites = kind.isPerLayer ? layers.map { HookSite(kind, layer: $0) } : [HookSite(kind)]
  }

  /// The median norm over the prompts seen so far; nil before the first.
  public subscript(site: HookSite) -> Double? {
    Self.median(of: norms[site] ?? [])
  }

  /// The median; nil of nothing.
  package static func median(of norms: [Double]) -> Double? {
    let sorted = norms.sorted()
    guard !sorted.isEmpty else { return nil }
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }

  public func fire(at site: HookSite, _ activation: inout ActivationView, batch: TokenBatch) {
    let width = activation.width
    for row in batch.lastRows.map({ activation.row(ofBatchRow: $0) }) {
      var squares = 0.0
      for column in 0..<width {
        let value = Double(activation.values[row * width + column])
        squares += value * value
      }
      norms[site, default: []].append(sqrt(squares))
    }
  }
}
