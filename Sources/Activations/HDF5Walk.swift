import CHDF5
import ModelFiles

/// A dataset as it lies in the file.
struct HDF5Extent: Sendable {
  /// The type, or nil for one that no store has.
  let type: HDF5Type?
  /// The size along each dimension.
  let shape: [Int]
  /// How its values lie there.
  let storage: HDF5Storage
  /// The byte of the file that contiguous values start at.
  let offset: Int
  /// The bytes of its values.
  let byteCount: Int
}

extension HDF5File {
  /// How many objects a file may have; a store has a few thousand at most.
  private static var objectLimit: Int { 100_000 }
  private static var depthLimit: Int { 32 }

  /// Visits every object and says where each dataset lies, by path.
  ///
  /// The gate before anything is read from a file that may be a stranger's. Refused are links that
  /// leave the file, values kept outside of it, chunks and values from elsewhere in any other way than
  /// our own, types other than numbers and text, and anything that claims bytes the file does not have.
  borrowing func extents(fileSize: Int) throws(ActivationStoreError) -> [ByteString: HDF5Extent] {
    var extents: [ByteString: HDF5Extent] = [:]
    var visited = 0
    let root = try root()
    try walk(
      root, at: "", depth: 1, visited: &visited, fileSize: fileSize, into: &extents)
    return extents
  }

  private borrowing func walk(
    _ group: borrowing HDF5Handle, at place: ByteString, depth: Int, visited: inout Int,
    fileSize: Int, into extents: inout [ByteString: HDF5Extent]
  ) throws(ActivationStoreError) {
    guard depth <= Self.depthLimit else {
      throw forbidden(place, .depth(limit: Self.depthLimit))
    }
    for link in try links(of: group, at: place, visited: &visited) {
      let name = ByteString(place.bytes + [UInt8(ascii: "/")] + link.name)
      switch link.kind {
      case ch5_link_hard: break
      case ch5_link_external: throw forbidden(name, .externalLink)
      case ch5_link_soft: throw forbidden(name, .softLink)
      default: throw forbidden(name, .userDefinedLink)
      }
      let object = try HDF5Handle(
        unsafe H5Oopen(group.id, ByteString(link.name).characters, ch5_defaults()),
        closedBy: H5Oclose, path: path,
        step: "opening \(name)")
      switch H5Iget_type(object.id) {
      case H5I_GROUP:
        try walk(
          object, at: name, depth: depth + 1, visited: &visited, fileSize: fileSize, into: &extents)
      case H5I_DATASET: extents[name] = try extent(of: object, name, fileSize: fileSize)
      default: throw forbidden(name, .namedType)
      }
    }
  }

  private struct Links {
    var found: [(name: [UInt8], kind: ch5_link_kind)] = []
    var room: Int
  }

  private borrowing func links(
    of group: borrowing HDF5Handle, at place: ByteString, visited: inout Int
  ) throws(ActivationStoreError) -> [(name: [UInt8], kind: ch5_link_kind)] {
    var links = Links(room: Self.objectLimit - visited)
    let status = unsafe withUnsafeMutablePointer(to: &links) { pointer in
      unsafe ch5_each_link(
        group.id,
        { name, length, kind, context in
          guard let name = unsafe name, let context = unsafe context else { return false }
          let links = unsafe context.assumingMemoryBound(to: Links.self)
          let bytes = unsafe UnsafeRawBufferPointer(start: name, count: length)
          unsafe links.pointee.found.append((Array(bytes), kind))
          return unsafe links.pointee.found.count <= links.pointee.room
        }, pointer)
    }
    guard status >= 0 else { throw HDF5.failure(path, "listing \(place)/") }
    visited += links.found.count
    guard visited <= Self.objectLimit else {
      throw forbidden(place, .objects(limit: Self.objectLimit))
    }
    return links.found
  }

  private borrowing func extent(
    of dataset: borrowing HDF5Handle, _ name: ByteString, fileSize: Int
  ) throws(ActivationStoreError) -> HDF5Extent {
    let step = "reading the description of \(name)"
    let creation = try HDF5Handle(
      H5Dget_create_plist(dataset.id), closedBy: H5Pclose, path: path, step: step)
    // Before the shape is asked for, which HDF5 may take from the files that values come from.
    let storage = try storage(of: creation, name)
    let type = try HDF5Handle(
      H5Dget_type(dataset.id), closedBy: H5Tclose, path: path, step: step)
    let space = try HDF5Handle(
      H5Dget_space(dataset.id), closedBy: H5Sclose, path: path, step: step)
    switch H5Tget_class(type.id) {
    case H5T_INTEGER, H5T_FLOAT, H5T_STRING: break
    default: throw forbidden(name, .type)
    }
    var dimensions = [hsize_t](repeating: 0, count: 32)
    let rank = unsafe H5Sget_simple_extent_dims(space.id, &dimensions, nil)
    guard rank >= 0 else { throw HDF5.failure(path, step) }
    // In unsigned arithmetic that says when it wraps: nothing here is to be believed yet.
    var count = UInt64(H5Tget_size(type.id))
    if H5Tis_variable_str(type.id) > 0 { count = UInt64(HDF5Type.text.byteCount) }
    let limit = storage.byteCountLimit(fileSize: fileSize)
    for dimension in dimensions.prefix(Int(rank)) {
      let (product, overflows) = count.multipliedReportingOverflow(by: UInt64(dimension))
      guard !overflows, product <= limit else { throw forbidden(name, .size(fileSize: fileSize)) }
      count = product
    }
    var offset: UInt64 = 0
    if storage == .contiguous, count > 0 {
      offset = UInt64(H5Dget_offset(dataset.id))
      guard
        offset != ch5_undefined_address(), offset <= UInt64(fileSize),
        count <= UInt64(fileSize) - offset
      else { throw forbidden(name, .size(fileSize: fileSize)) }
    }
    return HDF5Extent(
      type: try HDF5Type(type, path: path),
      shape: dimensions.prefix(Int(rank)).map { Int(clamping: $0) }, storage: storage,
      offset: Int(offset), byteCount: Int(count))
  }

  /// The refusal of an object.
  borrowing func forbidden(
    _ object: ByteString, _ reason: ActivationStoreError.Forbidden
  ) -> ActivationStoreError {
    .forbidden(path: path, object: object, reason)
  }
}
