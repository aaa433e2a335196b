/// A safetensors file: its tensors and metadata, read and checked without touching the data.
public struct SafetensorsFile: Sendable {
  /// The mapped file.
  public let file: MappedFile
  /// The tensors, in the order of their data.
  public let tensors: [StoredTensor]
  /// The free-form metadata of the header.
  public let metadata: [ByteString: ByteString]

  /// Opens a file that the user named.
  public init(path: String) throws(ModelFileError) {
    try self.init(try MappedFile(path: path))
  }

  /// Reads the header of a mapped file.
  package init(_ file: MappedFile) throws(ModelFileError) {
    if let stranger = Stranger(file) {
      throw .stranger(path: file.path, stranger, expected: "a safetensors file")
    }
    do {
      let header = try file.withSpan { (bytes) throws(SafetensorsFault) in
        try SafetensorsHeader(bytes)
      }
      self.file = file
      tensors = header.tensors
      metadata = header.metadata
    } catch {
      throw .safetensors(path: file.path, error)
    }
  }
}
