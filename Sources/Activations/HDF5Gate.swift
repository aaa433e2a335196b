import CHDF5
import ModelFiles

extension HDF5Storage {
  /// The most bytes of a chunk, which is unpacked in memory as a whole.
  static let largestChunkByteCount = 16 << 20

  /// Deflated bytes stand for this many at most.
  private static let largestRatio = 1032

  /// The most bytes that values can have, going by the size of their file.
  func byteCountLimit(fileSize: Int) -> UInt64 {
    switch self {
    case .contiguous: UInt64(fileSize)
    case .packed: UInt64(fileSize).multipliedReportingOverflow(by: UInt64(Self.largestRatio)).0
    case .mapped: UInt64(Int.max)
    }
  }
}

extension HDF5File {
  private static let filters = [H5Z_FILTER_DEFLATE, H5Z_FILTER_SHUFFLE, H5Z_FILTER_FLETCHER32]

  /// How a dataset lies in the file; anything that a store's does not is refused.
  ///
  /// Only activations may be packed or come from other files.
  borrowing func storage(
    of creation: borrowing HDF5Handle, _ name: ByteString
  ) throws(ActivationStoreError) -> HDF5Storage {
    guard H5Pget_external_count(creation.id) == 0 else { throw forbidden(name, .externalStorage) }
    let isTable = !name.starts(with: "/activations/")
    switch H5Pget_layout(creation.id) {
    case H5D_CONTIGUOUS: return .contiguous
    case H5D_CHUNKED:
      let filters = (0..<max(0, H5Pget_nfilters(creation.id))).map {
        H5Pget_filter2(creation.id, UInt32($0), nil, nil, nil, 0, nil, nil)
      }
      guard !isTable else { throw forbidden(name, .chunks(filter: Int(filters.first ?? 0))) }
      if let strange = filters.first(where: { !Self.filters.contains($0) }) {
        throw forbidden(name, .filter(Int(strange)))
      }
      return try chunks(creation, name)
    case H5D_VIRTUAL:
      guard !isTable else { throw forbidden(name, .virtualStorage) }
      return .mapped(try mappings(creation, name))
    default: throw forbidden(name, .otherStorage)
    }
  }

  private borrowing func chunks(
    _ creation: borrowing HDF5Handle, _ name: ByteString
  ) throws(ActivationStoreError) -> HDF5Storage {
    var chunk: [hsize_t] = [0, 0]
    let rank = unsafe H5Pget_chunk(creation.id, 2, &chunk)
    let (count, overflows) = UInt64(chunk[0]).multipliedReportingOverflow(by: UInt64(chunk[1]))
    guard
      rank == 2, !overflows, (1...UInt64(HDF5Storage.largestChunkByteCount / 4)).contains(count)
    else { throw forbidden(name, .chunkShape) }
    return .packed(rowsPerChunk: Int(chunk[0]), width: Int(chunk[1]))
  }

  private borrowing func mappings(
    _ creation: borrowing HDF5Handle, _ name: ByteString
  ) throws(ActivationStoreError) -> [HDF5Mapping] {
    var count = 0
    guard unsafe H5Pget_virtual_count(creation.id, &count) >= 0, count <= StoreSource.limit else {
      throw forbidden(name, .virtualStorage)
    }
    var mappings: [HDF5Mapping] = []
    for index in 0..<count {
      let file = try unsafe text(name) { buffer, size in
        unsafe H5Pget_virtual_filename(creation.id, index, buffer, size)
      }
      guard SourceFolder.isBelow(file) else { throw forbidden(name, .sourceOutside(file)) }
      let dataset = try unsafe text(name) { buffer, size in
        unsafe H5Pget_virtual_dsetname(creation.id, index, buffer, size)
      }
      let step = "reading the sources of \(name)"
      let here = try rowBlock(
        try HDF5Handle(
          H5Pget_virtual_vspace(creation.id, index), closedBy: H5Sclose, path: path, step: step))
      let there = try rowBlock(
        try HDF5Handle(
          H5Pget_virtual_srcspace(creation.id, index), closedBy: H5Sclose, path: path, step: step))
      guard
        let here, let there, there.rows == 0..<here.rows.count, there.width == here.width
      else { throw forbidden(name, .virtualStorage) }
      mappings.append(
        HDF5Mapping(file: file, dataset: dataset, rows: here.rows, width: here.width))
    }
    return mappings
  }

  /// The consecutive whole rows that a selection is, or nil for any other.
  private borrowing func rowBlock(
    _ space: borrowing HDF5Handle
  ) throws(ActivationStoreError) -> (rows: Range<Int>, width: Int)? {
    guard H5Sget_simple_extent_ndims(space.id) == 2 else { return nil }
    var shape: [hsize_t] = [0, 0]
    var first: [hsize_t] = [0, 0]
    var last: [hsize_t] = [0, 0]
    guard
      unsafe H5Sget_simple_extent_dims(space.id, &shape, nil) == 2,
      unsafe H5Sget_select_bounds(space.id, &first, &last) >= 0
    else { return nil }
    guard
      shape[0] <= Int.max, last[0] < shape[0], first[0] <= last[0], first[1] == 0,
      shape[1] <= Int.max, last[1] + 1 == shape[1]
    else { return nil }
    let (count, overflows) = (last[0] - first[0] + 1).multipliedReportingOverflow(by: shape[1])
    guard !overflows, let points = hsize_t(exactly: H5Sget_select_npoints(space.id)),
      points == count
    else { return nil }
    return (Int(first[0])..<Int(last[0]) + 1, Int(shape[1]))
  }

  /// A text that HDF5 gives the length of first.
  private borrowing func text(
    _ name: ByteString, _ read: (UnsafeMutablePointer<CChar>?, Int) -> Int
  ) throws(ActivationStoreError) -> ByteString {
    let count = read(nil, 0)
    // The longest path there is.
    guard (0...4096).contains(count) else { throw forbidden(name, .virtualStorage) }
    var characters = [CChar](repeating: 0, count: count + 1)
    guard unsafe read(&characters, count + 1) == count else {
      throw forbidden(name, .virtualStorage)
    }
    return ByteString(characters.dropLast().map { UInt8(bitPattern: $0) })
  }
}
