import CHDF5
import ModelFiles

/// How the values of a dataset lie in a file.
enum HDF5Storage: Sendable, Equatable {
  /// In one run of bytes.
  case contiguous
  /// In chunks of whole rows, each with its bytes sorted, deflated and followed by a checksum.
  case packed(rowsPerChunk: Int, width: Int)
  /// In datasets of other files.
  case mapped([HDF5Mapping])
}

/// Consecutive rows of a dataset that are all rows of a dataset in another file.
struct HDF5Mapping: Sendable, Equatable {
  /// The other file, as seen from this one's folder.
  let file: ByteString
  /// The path of the dataset there.
  let dataset: ByteString
  /// The rows here.
  let rows: Range<Int>
  /// The values of a row.
  let width: Int
}

extension HDF5Storage {
  /// Activations deflate to the same size at every level from here on.
  private static let deflateLevel: UInt32 = 4

  /// Says in the description of a new dataset how its values are to lie; false when HDF5 refuses.
  func set(
    in creation: borrowing HDF5Handle, _ type: HDF5Type, shape: [Int], path: String
  ) throws(ActivationStoreError) -> Bool {
    switch self {
    case .contiguous:
      // HDF5 insists on filling references into its heap; everything else starts as the zeros that the
      // reservation of the file gives.
      let filling = type == .text ? H5D_FILL_TIME_ALLOC : H5D_FILL_TIME_NEVER
      return H5Pset_layout(creation.id, H5D_CONTIGUOUS) >= 0
        && H5Pset_alloc_time(creation.id, H5D_ALLOC_TIME_EARLY) >= 0
        && H5Pset_fill_time(creation.id, filling) >= 0
    case .packed(let rowsPerChunk, let width):
      let chunk = [hsize_t(rowsPerChunk), hsize_t(width)]
      return unsafe H5Pset_chunk(creation.id, 2, chunk) >= 0
        && H5Pset_fill_time(creation.id, H5D_FILL_TIME_NEVER) >= 0
        && H5Pset_shuffle(creation.id) >= 0
        && H5Pset_deflate(creation.id, Self.deflateLevel) >= 0
        && H5Pset_fletcher32(creation.id) >= 0
    case .mapped(let mappings):
      let stored = try type.handle(path: path)
      // Zeros, which HDF5 gives by default for a file that is not there, would pass for values.
      guard unsafe H5Pset_fill_value(creation.id, stored.id, type.notANumber) >= 0 else {
        return false
      }
      for mapping in mappings {
        let here = try HDF5Handle.places(
          of: mapping.rows, in: shape, path: path, step: "mapping \(mapping.file)")
        // Named row by row, as a file that says "all" does not tell how many these are.
        let there = try HDF5Handle.places(
          of: 0..<mapping.rows.count, in: [mapping.rows.count, mapping.width], path: path,
          step: "mapping \(mapping.file)")
        let isSet =
          unsafe H5Pset_virtual(
            creation.id, here.id, mapping.file.characters, mapping.dataset.characters, there.id)
          >= 0
        guard isSet else { return false }
      }
      return true
    }
  }
}

extension HDF5Type {
  /// The bytes of a NaN.
  fileprivate var notANumber: [UInt8] {
    switch self {
    case .float32: [0, 0, 0xC0, 0x7F]
    case .float16: [0, 0x7E]
    case .bfloat16: [0xC0, 0x7F]
    case .int32, .int64, .uint8, .uint32, .text, .digest:
      preconditionFailure("\(self) has no NaN")
    }
  }
}

extension ByteString {
  /// The bytes and a zero, as C takes them.
  var characters: [CChar] { bytes.map { CChar(bitPattern: $0) } + [0] }
}
