import COneDNN
import Synchronization

/// Makes and keeps oneDNN's products of fixed row counts.
///
/// A product runs as few fixed row counts as possible: code is generated once per shape and shared by
/// every weight matrix of that shape.
@safe public final class MatrixEngine: @unchecked Sendable {
  // Sendable although it holds C handles: oneDNN's engine and primitives may be used from any thread,
  // and the table of products is behind a mutex.

  /// Rows per call, largest first; a run of rows is cut greedily into these.
  static let tileSizes = [64, 32, 16, 8, 4, 2, 1]

  /// The precision of the products' operands.
  public let precision: Precision
  let handle: co_engine
  private let kernels = Mutex<[ProductShape: ProductKernel]>([:])
  private let layouts = Mutex<[WeightProduct: WeightLayout]>([:])
  private let weightKernels = Mutex<[WeightProduct: WeightKernel]>([:])

  /// Starts the engine; nil where oneDNN cannot run on this machine.
  public init?(precision: Precision = .f32) {
    self.precision = precision
    var handle = unsafe co_engine(engine: nil)
    guard unsafe co_engine_create(&handle) else { return nil }
    unsafe self.handle = unsafe handle
  }

  deinit {
    kernels.withLock { $0.removeAll() }
    weightKernels.withLock { $0.removeAll() }
    layouts.withLock { $0.removeAll() }
    var handle = unsafe handle
    unsafe co_engine_destroy(&handle)
  }

  /// The library that multiplies, for provenance.
  public static let backend = "oneDNN"

  /// The library's version.
  public static var backendVersion: String {
    let version = unsafe co_version().pointee
    return unsafe "\(version.major).\(version.minor).\(version.patch)"
  }

  /// The processor's instruction set that the library uses.
  public static var instructionSet: String { unsafe String(cString: co_instruction_set()) }

  /// The backend, its version and what it computes with, for the provenance of results.
  public static var summary: String { "\(backend) \(backendVersion) (\(instructionSet))" }

  /// The product for weights `[columns, inner]`, made on first use.
  func kernel(for shape: ProductShape) -> ProductKernel? {
    kernels.withLock { known in
      if let kernel = known[shape] { return kernel }
      guard let kernel = unsafe ProductKernel(handle, precision, shape) else { return nil }
      known[shape] = kernel
      return kernel
    }
  }

  /// How the weights of products lie, whatever their rows; found out on first use.
  func layout(for product: WeightProduct) -> WeightLayout? {
    var shape = product
    shape.rows = 0
    shape.isAdding = false
    return layouts.withLock { known in
      if let layout = known[shape] { return layout }
      guard let layout = unsafe WeightLayout(handle, precision, shape) else { return nil }
      known[shape] = layout
      return layout
    }
  }

  /// The product of a number of rows, made on first use.
  func kernel(for product: WeightProduct) -> WeightKernel? {
    weightKernels.withLock { known in
      if let kernel = known[product] { return kernel }
      guard let layout = layout(for: product),
        let kernel = unsafe WeightKernel(handle, precision, product, layout)
      else { return nil }
      known[product] = kernel
      return kernel
    }
  }
}

/// The inner and outer size of a product.
struct ProductShape: Hashable, Sendable {
  let inner: Int
  let columns: Int
}

/// The products of one shape at every tile size, and the layout their weights share.
@safe final class ProductKernel: @unchecked Sendable {
  // Sendable: filled once in the initialiser, then only read.

  let shape: ProductShape
  let precision: Precision
  private(set) var layout: co_layout
  /// One product for each of `MatrixEngine.tileSizes`.
  private var products: [co_product] = unsafe []

  fileprivate init?(_ engine: co_engine, _ precision: Precision, _ shape: ProductShape) {
    self.shape = shape
    self.precision = precision
    self.layout = co_layout()
    // The largest tile chooses the layout; the others are made to use it.
    for (index, rows) in MatrixEngine.tileSizes.enumerated() {
      var product = unsafe co_product()
      guard
        unsafe co_product_create(
          engine, rows, shape.inner, shape.columns, precision == .bf16, &layout,
          index == 0 ? co_order_chosen : co_order_given, false, &product)
      else { return nil }
      unsafe products.append(product)
    }
  }

  deinit {
    for index in unsafe products.indices { unsafe co_product_destroy(&products[index]) }
    unsafe co_layout_destroy(&layout)
  }

  var packedByteCount: Int {
    unsafe withUnsafePointer(to: layout) { unsafe co_layout_size($0) }
  }

  /// Multiplies `rows` rows, tile by tile; the source is of the products' precision.
  func multiply(
    engine: co_engine, source: UnsafeRawPointer, rows: Int, packed: UnsafeRawPointer,
    destination: UnsafeMutablePointer<Float>
  ) {
    var done = 0
    for (index, tile) in MatrixEngine.tileSizes.enumerated() {
      while rows - done >= tile {
        // Copies of the handles: an inout access to shared storage would not be safe from two threads.
        var product = unsafe products[index]
        var layout = layout
        let succeeded = unsafe co_multiply(
          engine, &product, &layout, source + done * shape.inner * precision.byteCount, packed,
          destination + done * shape.columns)
        precondition(
          succeeded, "oneDNN refused a product of \(tile) × \(shape.inner) × \(shape.columns)")
        done += tile
      }
    }
  }
}
