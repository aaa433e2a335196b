import Kernels
public import Tokenization

/// Changes activations in place during a pass; the weights stay as they are.
///
/// Adding and ablating a direction follow Arditi et al., arXiv 2406.11717.
public final class Intervention: ActivationHook {
  /// What is done to a row x.
  public enum Operation: Sendable {
    /// x ← x + vector.
    case add([Float])
    /// x ← x − (x·r) r for a unit vector r.
    case projectOut([Float])
    /// x ← x − (x·r) v for unit vectors r and v: as far as projecting r out moves x, along another line.
    case moveAsProjecting([Float], along: [Float])
    /// x ← x − (x·r) r + value r for a unit vector r.
    case set([Float], value: Float)
    /// x ← factor × x.
    case scale(Float)
    /// x ← the given row; `[row, width]`, one row for each row touched, in batch order.
    case patch([Float])
  }

  /// Which rows of a batch are touched.
  public enum Target: Sendable {
    /// Every row.
    case all
    /// Rows with one of these roles.
    case roles(Set<PositionRole>)
    /// The last row of each sequence.
    case last
  }

  public let sites: [HookSite]
  private let operation: Operation
  private let target: Target

  /// Makes an intervention.
  ///
  /// - Parameters:
  ///   - operation: what is done to each row.
  ///   - kind: the kind of site.
  ///   - layers: at which layers; ignored for kinds outside the blocks.
  ///   - target: which rows.
  public init(
    _ operation: Operation, at kind: SiteKind, layers: some Sequence<Int>, on target: Target = .all
  ) {
    self.sites = kind.isPerLayer ? layers.map { HookSite(kind, layer: $0) } : [HookSite(kind)]
    self.operation = operation
    self.target = target
  }

  public func fire(at site: HookSite, _ activation: inout ActivationView, batch: TokenBatch) {
    let width = activation.width
    for (index, row) in rows(of: activation, batch: batch).enumerated() {
      var values = activation.values._mutatingExtracting(row * width..<(row + 1) * width)
      apply(to: &values, index: index, site: site)
    }
  }

  private func apply(to values: inout MutableSpan<Float>, index: Int, site: HookSite) {
    switch operation {
    case .add(let vector):
      addScaled(vector.span, scale: 1, to: &values)
    case .projectOut(let unit):
      addScaled(unit.span, scale: -dot(values.span, unit.span), to: &values)
    case .moveAsProjecting(let unit, let other):
      addScaled(other.span, scale: -dot(values.span, unit.span), to: &values)
    case .set(let unit, let value):
      addScaled(unit.span, scale: value - dot(values.span, unit.span), to: &values)
    case .scale(let factor):
      for column in values.indices { values[column] *= factor }
    case .patch(let rows):
      let start = index * values.count
      precondition(
        start + values.count <= rows.count,
        "patching row \(index) of \(site.name) from \(rows.count) values")
      for column in values.indices { values[column] = rows[start + column] }
    }
  }

  /// Rows of the view to touch, in batch order.
  private func rows(of activation: borrowing ActivationView, batch: TokenBatch) -> [Int] {
    if activation.sequence != nil { return Array(0..<activation.rowCount) }
    let batchRows = activation.batchRows ?? Array(0..<activation.rowCount)
    switch target {
    case .all:
      return Array(batchRows.indices)
    case .roles(let roles):
      return batchRows.indices.filter { roles.contains(batch.roles[batchRows[$0]]) }
    case .last:
      let last = Set(batch.lastRows)
      return batchRows.indices.filter { last.contains(batchRows[$0]) }
    }
  }
}
