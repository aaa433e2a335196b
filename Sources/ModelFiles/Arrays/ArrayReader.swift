/// Reads the numbers of a stored array from the first to the last.
public final class ArrayReader {
  private let array: StoredArray
  private let element: ArrayElement
  private let zip: ZipReader?
  /// The next byte of an array that is not in a zip file.
  private var position: Int

  /// Begins to read.
  ///
  /// - Precondition: the array is of a type that is read.
  public init(_ array: StoredArray) throws(ModelFileError) {
    guard let element = array.element else {
      preconditionFailure("\(array.name) is of type \(array.typeName)")
    }
    self.array = array
    self.element = element
    switch array.place {
    case .plain(let offset):
      position = offset
      zip = nil
    case .archived(let entry, let header):
      position = 0
      do throws(ArchiveFault) {
        let reader = try ZipReader(entry, of: array.file)
        _ = try reader.next(count: header)
        zip = reader
      } catch {
        throw .archive(path: array.file.path, error)
      }
    }
  }

  /// The next floats, whatever they are; finite or not.
  ///
  /// - Precondition: the array is of floats and has so many left.
  public func floats(_ count: Int) throws(ModelFileError) -> [Float] {
    element.floats(try bytes(count * element.byteCount))
  }

  /// The next integers.
  ///
  /// - Precondition: the array is of integers and has so many left.
  public func integers(_ count: Int) throws(ModelFileError) -> [Int] {
    element.integers(try bytes(count * element.byteCount))
  }

  private func bytes(_ count: Int) throws(ModelFileError) -> [UInt8] {
    guard let zip else {
      defer { position += count }
      return unsafe array.file.withBytes { bytes in
        unsafe Array(bytes[position..<position + count])
      }
    }
    do throws(ArchiveFault) {
      return try zip.next(count: count)
    } catch {
      throw .archive(path: array.file.path, error)
    }
  }
}
