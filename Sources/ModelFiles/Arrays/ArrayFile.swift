/// The arrays of a `.safetensors` or an `.npz` file, by name; numbers are read one after another.
public struct ArrayFile: Sendable {
  /// The mapped file.
  public let file: MappedFile
  private let arrays: [ByteString: StoredArray]

  /// Opens a file by the ending of its name.
  ///
  /// - Parameters:
  ///   - path: a file whose name ends in `.safetensors` or `.npz`.
  ///   - followingLinks: whether the path was typed by a person and not found in a file.
  /// - Throws: `ModelFileError` for a file that is not what its name says.
  public init(path: String, followingLinks: Bool) throws(ModelFileError) {
    if let stranger = Stranger(fileName: path), stranger == .pickle {
      throw .stranger(path: path, stranger, expected: "a .safetensors or .npz file")
    }
    let isArchive = path.lowercased().hasSuffix(".npz")
    guard isArchive || path.lowercased().hasSuffix(".safetensors") else {
      throw .arrayEnding(path: path)
    }
    file = try MappedFile(path: path, followingLinks: followingLinks)
    arrays = isArchive ? try Self.archived(in: file) : try Self.tensors(in: file)
  }

  /// The names of all arrays, sorted.
  public var names: [ByteString] { arrays.keys.sorted() }

  /// The array of a name.
  public subscript(name: ByteString) -> StoredArray? { arrays[name] }

  private static func tensors(
    in file: MappedFile
  ) throws(ModelFileError) -> [ByteString: StoredArray] {
    var arrays: [ByteString: StoredArray] = [:]
    for tensor in try SafetensorsFile(file).tensors {
      arrays[tensor.name] = StoredArray(
        file: file, name: tensor.name, shape: tensor.shape,
        element: ArrayElement(tensor.elementType), typeName: tensor.elementType.name,
        place: .plain(tensor.offset))
    }
    return arrays
  }

  private static func archived(
    in file: MappedFile
  ) throws(ModelFileError) -> [ByteString: StoredArray] {
    if let stranger = Stranger(file) {
      throw .stranger(path: file.path, stranger, expected: "an .npz file")
    }
    do throws(ArchiveFault) {
      let directory = try file.withSpan { (bytes) throws(ArchiveFault) in try ZipDirectory(bytes) }
      var arrays: [ByteString: StoredArray] = [:]
      for entry in directory.entries where entry.name.string.hasSuffix(".npy") {
        let array = try StoredArray(entry, of: file)
        arrays[array.name] = array
      }
      return arrays
    } catch {
      throw .archive(path: file.path, error)
    }
  }
}

/// An array in a file, before its numbers are read.
public struct StoredArray: Sendable {
  /// The file.
  public let file: MappedFile
  /// Its name there, without NumPy's `.npy`.
  public let name: ByteString
  /// Its sizes, the last one changing fastest.
  public let shape: [Int]
  /// The type of its numbers; nil for one that is not read.
  public let element: ArrayElement?
  /// What the file calls that type.
  public let typeName: String
  let place: Place

  /// Where the numbers are.
  enum Place: Sendable {
    /// In the file, from this byte on.
    case plain(Int)
    /// In an entry of a zip file, after a header of so many bytes.
    case archived(ZipEntry, header: Int)
  }
}

extension StoredArray {
  /// Reads the header of an entry, whose size has to be that of the header and the numbers.
  fileprivate init(_ entry: ZipEntry, of file: MappedFile) throws(ArchiveFault) {
    do throws(NumPyProblem) {
      let header = try Self.header(of: entry, file)
      let count = header.shape.checkedProduct?.multipliedReportingOverflow(
        by: header.element.byteCount)
      guard let count, !count.overflow, header.byteCount + count.partialValue == entry.byteCount
      else {
        throw NumPyProblem(
          "its shape \(header.shape) of \(header.element.name) needs another size than its "
            + "\(entry.byteCount) bytes")
      }
      self.init(
        file: file, name: ByteString(entry.name.bytes.dropLast(4)), shape: header.shape,
        element: header.element, typeName: header.element.name,
        place: .archived(entry, header: header.byteCount))
    } catch {
      throw .array(entry.name, error.text)
    }
  }

  private static func header(
    of entry: ZipEntry, _ file: MappedFile
  ) throws(NumPyProblem) -> NumPyHeader {
    let short = NumPyProblem("it is too short for a header")
    let damaged = NumPyProblem("its header does not unpack")
    guard entry.byteCount >= NumPyHeader.startByteCount else { throw short }
    guard
      let reader = try? ZipReader(entry, of: file),
      let start = try? reader.next(count: NumPyHeader.startByteCount)
    else { throw damaged }
    let length = try NumPyHeader.byteCount(start: start)
    guard length >= start.count, length <= entry.byteCount else { throw short }
    guard let rest = try? reader.next(count: length - start.count) else { throw damaged }
    return try NumPyHeader(start + rest)
  }
}
