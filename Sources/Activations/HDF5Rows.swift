import CHDF5
import ModelFiles

extension HDF5File {
  /// Reads rows of a dataset as they are stored, unpacking them where they are packed.
  borrowing func read(
    _ rows: Range<Int>, of name: ByteString, shape: [Int], _ type: HDF5Type,
    into buffer: UnsafeMutableRawBufferPointer
  ) throws(ActivationStoreError) {
    let step = "reading \(name)"
    let places = try HDF5Handle.places(of: rows, in: shape, path: path, step: step)
    let memory = try HDF5Handle(shape: [rows.count, shape[1]], path: path, step: step)
    let stored = try type.handle(path: path)
    let dataset = try dataset(name)
    let status = unsafe H5Dread(
      dataset.id, stored.id, memory.id, places.id, ch5_defaults(), buffer.baseAddress)
    guard status >= 0 else { throw HDF5.failure(path, step) }
  }

  /// Writes rows of a dataset as they are to be stored, before they are packed.
  borrowing func write(
    _ bytes: UnsafeRawBufferPointer, to rows: Range<Int>, of name: ByteString, shape: [Int],
    _ type: HDF5Type
  ) throws(ActivationStoreError) {
    let step = "writing \(name)"
    let places = try HDF5Handle.places(of: rows, in: shape, path: path, step: step)
    let memory = try HDF5Handle(shape: [rows.count, shape[1]], path: path, step: step)
    let stored = try type.handle(path: path)
    let dataset = try dataset(name)
    let status = unsafe H5Dwrite(
      dataset.id, stored.id, memory.id, places.id, ch5_defaults(), bytes.baseAddress)
    guard status >= 0 else { throw HDF5.failure(path, step) }
    try dataset.closed(path: path, step: step)
  }
}

extension HDF5Handle {
  /// The places of all values of a dataset.
  init(shape: [Int], path: String, step: String) throws(ActivationStoreError) {
    let dimensions = shape.map { hsize_t($0) }
    try self.init(
      unsafe H5Screate_simple(Int32(dimensions.count), dimensions, nil), closedBy: H5Sclose,
      path: path, step: step)
  }

  /// The places of consecutive rows of a dataset.
  static func places(
    of rows: Range<Int>, in shape: [Int], path: String, step: String
  ) throws(ActivationStoreError) -> HDF5Handle {
    let space = try HDF5Handle(shape: shape, path: path, step: step)
    let start = [hsize_t(rows.lowerBound), 0]
    let count = [hsize_t(rows.count), hsize_t(shape[1])]
    guard unsafe H5Sselect_hyperslab(space.id, H5S_SELECT_SET, start, nil, count, nil) >= 0 else {
      throw HDF5.failure(path, step)
    }
    return space
  }
}
