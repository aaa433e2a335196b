import ModelFiles

/// The files of arrays that a description names.
struct ImportedArrays {
  private let files: [String: ArrayFile]
  /// The SHA-256 of the description and all files: where an import comes from.
  let digest: String
  /// The files, the description first.
  let sources: [ImportedFile]

  /// Opens the files, which lie beside the description.
  init(_ description: ImportDescription) throws {
    var files: [String: ArrayFile] = [:]
    for name in description.arrayFiles {
      files[name] = try ArrayFile(
        path: description.path(of: name), followingLinks: false)
    }
    self.files = files
    let mapped = [description.file] + description.arrayFiles.compactMap { files[$0]?.file }
    sources = mapped.map {
      ImportedFile(name: $0.name, byteCount: $0.count, digest: Digest.sha256(of: $0))
    }
    digest = Digest.sha256(
      of: Array(sources.map { "\($0.name)\n\($0.byteCount)\n\($0.digest)\n" }.joined().utf8))
  }

  /// An array that a description names.
  func array(_ reference: ImportDescription.Reference) throws(ImportError) -> StoredArray {
    guard let file = files[reference.file] else {
      preconditionFailure("\(reference.file) was not opened")
    }
    guard let array = file[reference.name] else {
      throw .noArray(file: file.file.path, name: reference.name, has: file.names)
    }
    return array
  }

  /// All values of an array of integers, whose sizes are known but for those given as nil.
  func integers(
    _ reference: ImportDescription.Reference, shape: [Int?]
  ) throws -> [Int] {
    let array = try array(reference)
    guard let element = array.element, !element.isFloat else {
      throw array.typeError(expected: "int32, int64 or uint8")
    }
    let fits =
      array.shape.count == shape.count
      && zip(array.shape, shape).allSatisfy { $1 == nil || $0 == $1 }
    guard fits else {
      throw array.shapeError(
        expected: "[" + shape.map { $0.map(String.init) ?? "any" }.joined(separator: ", ") + "]")
    }
    return try ArrayReader(array).integers(array.shape.reduce(1, *))
  }
}

/// A file that an import read.
public struct ImportedFile: Sendable, Equatable {
  /// Its name.
  public let name: String
  /// The number of its bytes.
  public let byteCount: Int
  /// Their SHA-256.
  public let digest: String
}

extension StoredArray {
  func typeError(expected: String) -> ImportError {
    .type(file: file.path, array: name, found: element?.name ?? typeName, expected: expected)
  }

  func shapeError(expected: String) -> ImportError {
    .shape(file: file.path, array: name, found: shape, expected: expected)
  }
}

extension ImportDescription {
  /// The path of a file beside the description, whose name came out of it.
  func path(of name: String) throws(ImportError) -> String {
    let isPlain =
      !name.hasPrefix(".")
      && name.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "/") }
    guard isPlain else { throw .fileName(path: file.path, name: ByteString(name)) }
    let folder = file.path.lastIndex(of: "/").map { String(file.path[...$0]) } ?? ""
    return folder + name
  }
}
