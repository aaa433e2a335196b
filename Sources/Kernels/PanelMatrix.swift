import CKernels

/// A matrix `[inner, width]` rounded to float32 and laid out for products with few rows.
///
/// Such a product takes the time of reading the matrix, which lies in the order it is read in.
@safe package struct PanelMatrix: ~Copyable, @unchecked Sendable {
  // Sendable: the panels are owned by this value alone and written in the initialiser only.

  /// Rows of the matrix.
  package let inner: Int
  /// Columns of the matrix.
  package let width: Int
  private let panels: OwnedMemory

  /// Lays out a matrix.
  package init(_ matrix: borrowing FloatMatrix) {
    inner = matrix.rowCapacity
    width = matrix.width
    unsafe panels = OwnedMemory(
      byteCount: ck_panel_capacity(inner, width) * MemoryLayout<Float>.stride)
    unsafe ck_pack_panels(matrix.base, inner, width, Self.floats(panels))
  }

  deinit {
    unsafe panels.free()
  }

  private static func floats(_ memory: OwnedMemory) -> UnsafeMutablePointer<Float> {
    unsafe memory.base.assumingMemoryBound(to: Float.self)
  }

  /// Multiplies rows by the matrix: `[row, inner] × [inner, width] → [row, width]`, in float32.
  ///
  /// A row of the result depends on its own row alone.
  package func product(_ rows: borrowing DoubleMatrix) -> DoubleMatrix {
    precondition(
      rows.columns == inner, "\(rows.rows) × \(rows.columns) times \(inner) × \(width)")
    let input = FloatMatrix(rounding: rows)
    let output = FloatMatrix(rows: rows.rows, width: width)
    unsafe ck_thin_product(
      input.base, rows.rows, Self.floats(panels), inner, width, output.base)
    let result = DoubleMatrix(rows: rows.rows, columns: width)
    for index in 0..<rows.rows * width { unsafe result.base[index] = Double(output.base[index]) }
    return result
  }
}
