import CHDF5
import ModelFiles

extension HDF5File {
  /// Gives an object an attribute of integers: one number, or a row of them.
  borrowing func setAttribute(
    _ name: String, of object: String, _ values: [Int], isScalar: Bool = false
  ) throws(ActivationStoreError) {
    precondition(!isScalar || values.count == 1, "\(values.count) values for one")
    let attribute = try makeAttribute(
      name, of: object, .int64, shape: isScalar ? [] : [values.count])
    let type = try HDF5Type.int64.handle(path: path)
    guard unsafe H5Awrite(attribute.id, type.id, values) >= 0 else {
      throw HDF5.failure(path, "writing \(name)")
    }
    try attribute.closed(path: path, step: "writing \(name)")
  }

  /// Gives an object an attribute of text.
  borrowing func setAttribute(
    _ name: String, of object: String, _ text: String
  ) throws(ActivationStoreError) {
    precondition(!text.utf8.contains(0), "the attribute \(name) holds NUL")
    let attribute = try makeAttribute(name, of: object, .text, shape: [])
    let type = try HDF5Type.text.handle(path: path)
    let status = unsafe text.withCString { characters in
      var pointer: UnsafePointer<CChar>? = unsafe characters
      return unsafe H5Awrite(attribute.id, type.id, &pointer)
    }
    guard status >= 0 else { throw HDF5.failure(path, "writing \(name)") }
    try attribute.closed(path: path, step: "writing \(name)")
  }

  private borrowing func makeAttribute(
    _ name: String, of object: String, _ type: HDF5Type, shape: [Int]
  ) throws(ActivationStoreError) -> HDF5Handle {
    let step = "writing \(name)"
    let space = try HDF5Handle(shape: shape, path: path, step: step)
    let stored = try type.handle(path: path)
    let owner = try open(object)
    return try HDF5Handle(
      unsafe H5Acreate2(owner.id, name, stored.id, space.id, ch5_defaults(), ch5_defaults()),
      closedBy: H5Aclose, path: path, step: step)
  }

  /// The integers of an attribute, or nil when it is absent or anything but `count` integers.
  borrowing func integers(
    _ name: String, of object: String, count: Int
  ) throws(ActivationStoreError) -> [Int]? {
    guard let attribute = try attribute(name, of: object, .int64, count: count) else { return nil }
    let type = try HDF5Type.int64.handle(path: path)
    var values = [Int](repeating: 0, count: count)
    guard unsafe H5Aread(attribute.id, type.id, &values) >= 0 else {
      throw HDF5.failure(path, "reading \(name)")
    }
    return values
  }

  /// The text of an attribute, or nil when it is absent or anything but text in UTF-8.
  borrowing func text(
    _ name: String, of object: String
  ) throws(ActivationStoreError) -> String? {
    guard let attribute = try attribute(name, of: object, .text, count: 1) else { return nil }
    let type = try HDF5Type.text.handle(path: path)
    var characters: UnsafeMutablePointer<CChar>?
    guard unsafe H5Aread(attribute.id, type.id, &characters) >= 0 else {
      throw HDF5.failure(path, "reading \(name)")
    }
    guard let characters = unsafe characters else { return "" }
    defer { unsafe H5free_memory(characters) }
    return unsafe String(validatingCString: characters)
  }

  /// Whether an object has an attribute of that name.
  borrowing func hasAttribute(
    _ name: String, of object: String
  ) throws(ActivationStoreError) -> Bool {
    let owner = try open(object)
    return unsafe H5Aexists(owner.id, name) > 0
  }

  private borrowing func attribute(
    _ name: String, of object: String, _ type: HDF5Type, count: Int
  ) throws(ActivationStoreError) -> HDF5Handle? {
    let step = "reading \(name)"
    let owner = try open(object)
    guard unsafe H5Aexists(owner.id, name) > 0 else { return nil }
    let attribute = try HDF5Handle(
      unsafe H5Aopen(owner.id, name, ch5_defaults()), closedBy: H5Aclose, path: path, step: step)
    let found = try HDF5Handle(
      H5Aget_type(attribute.id), closedBy: H5Tclose, path: path, step: step)
    let space = try HDF5Handle(
      H5Aget_space(attribute.id), closedBy: H5Sclose, path: path, step: step)
    guard
      try HDF5Type(found, path: path) == type,
      H5Sget_simple_extent_npoints(space.id) == count
    else { return nil }
    return attribute
  }

  private borrowing func open(_ object: String) throws(ActivationStoreError) -> HDF5Handle {
    let root = try root()
    return try HDF5Handle(
      unsafe H5Oopen(root.id, object, ch5_defaults()), closedBy: H5Oclose, path: path,
      step: "opening \(object)")
  }
}
