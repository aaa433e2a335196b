import ModelFiles

/// The texts of variable length in an HDF5 file, read past HDF5, which believes whatever lengths it finds
/// among them.
///
/// A dataset of texts holds references: a length, the address of a collection, and the number of an object
/// in it. A collection is a header of 16 bytes and objects one after another, each with a header of its
/// own; the object with number 0 is the room that is left.
struct TextHeap {
  /// The bytes of a reference, and of the header of a collection or object.
  private static let headerByteCount = 16

  private let file: StoreFile
  private let fileSize: Int
  private var collections: [UInt64: Collection] = [:]
  /// The bytes that collections, and that texts, may still take: sound ones lie beside each other in the
  /// file, but many references may lead to one long text.
  private var collectionAllowance: Int
  private var textAllowance: Int

  private struct Collection {
    let bytes: [UInt8]
    let objects: [UInt32: Range<Int>]
  }

  init(_ file: StoreFile) throws(ActivationStoreError) {
    self.file = file
    fileSize = try file.byteCount()
    collectionAllowance = fileSize
    textAllowance = fileSize
  }

  /// The texts of a dataset, in order.
  mutating func texts(
    of name: ByteString, _ extent: HDF5Extent
  ) throws(ActivationStoreError) -> [String] {
    let references: [UInt8] = try file.values(count: extent.byteCount, at: extent.offset)
    var texts: [String] = []
    for place in stride(from: 0, to: references.count, by: Self.headerByteCount) {
      let fault = "the text of entry \(texts.count)"
      guard let text = try text(references[place..<place + Self.headerByteCount]) else {
        throw .malformed(
          path: file.path, object: name.string, found: "damaged in \(fault)", expected: "UTF-8")
      }
      texts.append(text)
    }
    return texts
  }

  /// The text a reference leads to, or nil where there is none.
  private mutating func text(
    _ reference: ArraySlice<UInt8>
  ) throws(ActivationStoreError) -> String? {
    let length = Int(reference.integer(at: 0, as: UInt32.self))
    guard length > 0 else { return "" }
    let address = reference.integer(at: 4, as: UInt64.self)
    let number = reference.integer(at: 12, as: UInt32.self)
    guard
      length <= textAllowance, let collection = try collection(at: address),
      let object = collection.objects[number], length <= object.count
    else { return nil }
    textAllowance -= length
    let bytes = collection.bytes[object].prefix(length).prefix { $0 != 0 }
    return String(validating: bytes, as: UTF8.self)
  }

  private mutating func collection(
    at address: UInt64
  ) throws(ActivationStoreError) -> Collection? {
    if let known = collections[address] { return known }
    guard let place = Int(exactly: address), place <= fileSize - Self.headerByteCount else {
      return nil
    }
    let header: [UInt8] = try file.values(count: Self.headerByteCount, at: place)
    let size = header[...].integer(at: 8, as: UInt64.self)
    guard
      header.starts(with: Array("GCOL\u{1}".utf8)), size >= UInt64(Self.headerByteCount),
      size <= UInt64(min(collectionAllowance, fileSize - place))
    else { return nil }
    collectionAllowance -= Int(size)
    let bytes: [UInt8] = try file.values(count: Int(size), at: place)
    let collection = Collection(bytes: bytes, objects: Self.objects(in: bytes))
    collections[address] = collection
    return collection
  }

  /// Where each object lies, as far as they follow one another.
  private static func objects(in bytes: [UInt8]) -> [UInt32: Range<Int>] {
    var objects: [UInt32: Range<Int>] = [:]
    var place = headerByteCount
    while place <= bytes.count - headerByteCount {
      let number = UInt32(bytes[place...].integer(at: 0, as: UInt16.self))
      let size = bytes[place...].integer(at: 8, as: UInt64.self)
      let start = place + headerByteCount
      guard number > 0, size <= UInt64(bytes.count - start) else { break }
      objects[number] = start..<start + Int(size)
      place = start + (Int(size) + 7) / 8 * 8
    }
    return objects
  }
}

extension ArraySlice<UInt8> {
  /// A little-endian integer at some bytes after the start.
  fileprivate func integer<Value: FixedWidthInteger>(at place: Int, as type: Value.Type) -> Value {
    let bytes = dropFirst(place).prefix(Value.bitWidth / 8)
    return bytes.reversed().reduce(0) { $0 << 8 | Value($1) }
  }
}
