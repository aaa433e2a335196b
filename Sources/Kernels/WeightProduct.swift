import COneDNN

/// A product of some rows with weights `[inner, columns]`.
struct WeightProduct: Hashable, Sendable {
  /// How the weights lie.
  enum Order: Sendable {
    /// Row by row.
    case rows
    /// Column by column.
    case columns
    /// As the product likes best.
    case packed

    fileprivate var forLayout: co_order {
      switch self {
      case .rows: co_order_rows
      case .columns: co_order_columns
      case .packed: co_order_chosen
      }
    }
  }

  var rows = 0
  let inner: Int
  let columns: Int
  var order: Order
  var isAdding = false

  /// The most rows of a call.
  static let tallestTile = 256

  /// Multiplies rows, tile by tile; the source is of the engine's precision.
  func multiply(
    _ engine: MatrixEngine, _ source: UnsafeRawPointer, rows: Int, _ weights: UnsafeRawPointer,
    _ destination: UnsafeMutablePointer<Float>
  ) {
    var done = 0
    while done < rows {
      // Few row counts, for code is made for each: multiples of sixteen, and what fewer rows have bits.
      let left = min(rows - done, Self.tallestTile)
      let tile = left >= 16 ? left / 16 * 16 : 1 << (left.bitWidth - 1 - left.leadingZeroBitCount)
      var product = self
      product.rows = tile
      guard let kernel = engine.kernel(for: product) else {
        preconditionFailure("oneDNN has no product of \(tile) × \(inner) × \(columns)")
      }
      unsafe kernel.multiply(
        engine.handle, source + done * inner * engine.precision.byteCount, weights,
        destination + done * columns)
      done += tile
    }
  }

  /// A copy of weights, which lie as the product says, as its packed twin likes them best.
  @unsafe func pack(_ weights: UnsafePointer<Float>, _ engine: MatrixEngine) -> OwnedMemory {
    guard let layout = engine.layout(for: packed) else {
      preconditionFailure("oneDNN has no product of \(inner) × \(columns)")
    }
    let copy = unsafe OwnedMemory(byteCount: layout.byteCount)
    var handle = layout.handle
    let succeeded = unsafe co_pack(
      engine.handle, weights, inner, columns, order.forLayout, &handle, copy.base)
    precondition(succeeded, "oneDNN refused to pack \(inner) × \(columns) weights")
    return unsafe copy
  }

  /// The same product with packed weights.
  var packed: Self {
    var product = self
    product.order = .packed
    return product
  }
}

/// How the weights of products of one shape lie.
@safe final class WeightLayout: @unchecked Sendable {
  // Sendable: filled once in the initialiser, then only read.

  let handle: co_layout

  /// Asks oneDNN, whose tallest tile chooses.
  init?(_ engine: co_engine, _ precision: Precision, _ shape: WeightProduct) {
    var layout = co_layout()
    var product = unsafe co_product()
    guard
      unsafe co_product_create(
        engine, WeightProduct.tallestTile, shape.inner, shape.columns, precision == .bf16, &layout,
        shape.order.forLayout, false, &product)
    else { return nil }
    unsafe co_product_destroy(&product)
    handle = layout
  }

  deinit {
    var layout = handle
    unsafe co_layout_destroy(&layout)
  }

  var byteCount: Int { unsafe withUnsafePointer(to: handle) { unsafe co_layout_size($0) } }
}

/// oneDNN's code for one product.
@safe final class WeightKernel: @unchecked Sendable {
  // Sendable: filled once in the initialiser, then only read.

  private let product: co_product
  private let layout: WeightLayout

  init?(
    _ engine: co_engine, _ precision: Precision, _ shape: WeightProduct, _ layout: WeightLayout
  ) {
    var handle = layout.handle
    var product = unsafe co_product()
    guard
      unsafe co_product_create(
        engine, shape.rows, shape.inner, shape.columns, precision == .bf16, &handle,
        co_order_given, shape.isAdding, &product)
    else { return nil }
    unsafe self.product = unsafe product
    self.layout = layout
  }

  deinit {
    var product = unsafe product
    unsafe co_product_destroy(&product)
  }

  func multiply(
    _ engine: co_engine, _ source: UnsafeRawPointer, _ weights: UnsafeRawPointer,
    _ destination: UnsafeMutablePointer<Float>
  ) {
    var product = unsafe product
    var layout = layout.handle
    let succeeded = unsafe co_multiply(engine, &product, &layout, source, weights, destination)
    precondition(succeeded, "oneDNN refused a product")
  }
}
