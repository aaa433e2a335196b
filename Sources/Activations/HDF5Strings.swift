import CHDF5
import ModelFiles

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
}
