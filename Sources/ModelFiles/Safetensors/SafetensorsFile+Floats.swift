extension SafetensorsFile {
  /// The values of a tensor as 32-bit floats, whatever they are; finite or not.
  ///
  /// - Throws: `ModelFileError.unreadableType` for a type that is not read.
  public func floats(of tensor: StoredTensor) throws(ModelFileError) -> [Float] {
    guard tensor.elementType.isReadable else {
      throw .unreadableType(tensor: tensor.name, file: file.name, type: tensor.elementType.name)
    }
    var values = [Float](repeating: 0, count: tensor.elementCount)
    unsafe values.withUnsafeMutableBufferPointer { values in
      unsafe file.withBytes { bytes in
        unsafe tensor.elementType.decode(
          UnsafeRawBufferPointer(rebasing: bytes[tensor.offset..<tensor.offset + tensor.byteCount]),
          into: values)
      }
    }
    return values
  }
}
