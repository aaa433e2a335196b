public import Kernels

/// Where a layer-major pass begins, if not with the token embedding: at a block, with streams of an
/// earlier pass over the same layout.
public struct PassStart: Sendable {
  /// The first block computed.
  public let layer: Int
  /// What enters it, `[layout row, d_model]`.
  public let residual: SharedRows

  /// Names a block and what enters it.
  public init(layer: Int, residual: SharedRows) {
    self.layer = layer
    self.residual = residual
  }
}

extension PassTile {
  /// Takes the tile's rows of the residual stream from those of a layout.
  func takeResidual(from all: SharedRows) {
    for (index, row) in rows.enumerated() { residual.setRow(index, to: all[rows: row..<row + 1]) }
  }
}

extension FloatMatrix {
  /// Fills a row.
  fileprivate mutating func setRow(_ row: Int, to values: Span<Float>) {
    var target = mutableRows(row..<row + 1)
    for column in values.indices { target[column] = values[column] }
  }
}
