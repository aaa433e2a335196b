import CHDF5
import ModelFiles

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

extension HDF5File {
  /// Writes a dataset of texts, none of which holds NUL.
  borrowing func write(
    _ texts: [String], to dataset: borrowing HDF5Handle, named name: String
  ) throws(ActivationStoreError) {
    guard !texts.isEmpty else { return }
    var characters: [CChar] = []
    var starts: [Int] = []
    for text in texts {
      starts.append(characters.count)
      characters.append(contentsOf: text.utf8.lazy.map { CChar(bitPattern: $0) })
      characters.append(0)
    }
    let type = try HDF5Type.text.handle(path: path)
    let status = unsafe characters.withUnsafeBufferPointer { characters in
      let pointers = unsafe starts.map { start in
        unsafe characters.baseAddress.map { unsafe $0 + start }
      }
      return unsafe H5Dwrite(
        dataset.id, type.id, ch5_everything(), ch5_everything(), ch5_defaults(), pointers)
    }
    guard status >= 0 else { throw HDF5.failure(path, "writing \(name)") }
  }

  /// Writes a dataset whole from values that are as they stand in the file.
  borrowing func write<Value: BitwiseCopyable>(
    _ values: [Value], _ type: HDF5Type, to dataset: borrowing HDF5Handle, named name: String
  ) throws(ActivationStoreError) {
    guard !values.isEmpty else { return }
    let stored = try type.handle(path: path)
    let status = unsafe H5Dwrite(
      dataset.id, stored.id, ch5_everything(), ch5_everything(), ch5_defaults(), values)
    guard status >= 0 else { throw HDF5.failure(path, "writing \(name)") }
  }

  /// Reads a dataset of texts.
  ///
  /// - Parameters:
  ///   - name: the dataset, known to hold text of variable length.
  ///   - count: how many there are.
  ///   - allowance: the bytes they may take, reduced by what they took. Many entries can point at one
  ///     long text, so the size of the file alone does not bound what a hostile one would have us
  ///     allocate.
  /// - Returns: the texts in order.
  /// - Throws: an error when they cannot be read, take more, or are not UTF-8.
  borrowing func texts(
    _ name: ByteString, count: Int, allowance: inout Int
  ) throws(ActivationStoreError) -> [String] {
    guard count > 0 else { return [] }
    let dataset = try dataset(name)
    let type = try HDF5Type.text.handle(path: path)
    let transfer = try HDF5Handle(
      H5Pcreate(ch5_dataset_transfer_class()), closedBy: H5Pclose, path: path,
      step: "reading \(name)")
    var room = ch5_allowance(left: allowance)
    defer { allowance = room.left }
    var pointers = unsafe [UnsafeMutablePointer<CChar>?](repeating: nil, count: count)
    defer { for index in 0..<count { unsafe free(pointers[index]) } }
    let status = unsafe withUnsafeMutablePointer(to: &room) { room in
      guard unsafe ch5_limit_strings(transfer.id, room) >= 0 else { return herr_t(-1) }
      return unsafe H5Dread(
        dataset.id, type.id, ch5_everything(), ch5_everything(), transfer.id, &pointers)
    }
    guard status >= 0 else { throw HDF5.failure(path, "reading \(name)") }
    var texts: [String] = []
    texts.reserveCapacity(count)
    for index in 0..<count {
      guard let pointer = unsafe pointers[index] else {
        texts.append("")
        continue
      }
      guard let text = unsafe String(validatingCString: pointer) else {
        throw .malformed(
          path: path, object: name.string,
          found: "bytes that are not UTF-8 in entry \(index)",
          expected: "UTF-8")
      }
      texts.append(text)
    }
    return texts
  }
}
