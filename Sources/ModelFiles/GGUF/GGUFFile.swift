/// A GGUF file: its metadata and tensors, read and checked without touching the data.
public struct GGUFFile: Sendable {
  /// The mapped file.
  public let file: MappedFile
  /// The metadata.
  public let metadata: GGUFMetadata
  /// The tensors, in the order of their data and under the file's own names.
  let tensors: [GGUFTensor]
  /// Things a user may want to know that make nothing wrong.
  public let notes: [String]

  /// Opens a file that the user named.
  public init(path: String) throws(ModelFileError) {
    try self.init(try MappedFile(path: path))
  }

  /// Reads the header of a mapped file.
  package init(_ file: MappedFile) throws(ModelFileError) {
    if let stranger = Stranger(file) {
      throw .stranger(path: file.path, stranger, expected: "a GGUF file")
    }
    do {
      let header = try file.withSpan { (bytes) throws(GGUFProblem) in try GGUFHeader(bytes) }
      self.file = file
      metadata = GGUFMetadata(header.values, path: file.path)
      tensors = header.tensors
      notes = header.notes
    } catch {
      throw .gguf(path: file.path, offset: error.offset, error.fault)
    }
    try GGUFVocabulary.check(metadata)
  }
}
