import ModelFiles

/// The prompts of a file: JSON lines or CSV, by the ending of its name.
///
/// Every line is checked before any prompt is used; all bad lines are reported together.
public struct PromptSet: Sendable {
  /// The file.
  public let path: String
  /// The prompts in the order of the file, at least one.
  public let prompts: [Prompt]
  /// How many lines without any content were skipped.
  public let blankLineCount: Int
  /// SHA-256 over the content of all prompts, hexadecimal; the format, the layout of lines and the
  /// order of columns make no difference.
  public let digest: String

  /// Reads a file.
  ///
  /// - Parameter path: a file whose name ends in `.jsonl`, `.json` (one object per line, too) or `.csv`.
  /// - Throws: `TokenizationError` when lines are bad or there are none, `ModelFileError` when the file
  ///   cannot be opened.
  public init(path: String) throws {
    try self.init(path: path, text: .prompts)
  }

  /// Reads a file of the same form that holds no prompts: a column of another name is what a line is about.
  package init(path: String, column: String) throws {
    try self.init(path: path, text: .column(column))
  }

  private init(path: String, text: PromptTextColumn) throws {
    let isCSV = try Self.isCSV(path)
    self = try Self.open(path).withSpan { (bytes) throws(TokenizationError) in
      try PromptSet(path: path, isCSV: isCSV, text: text, bytes)
    }
  }

  /// The bytes of a file, to be read as prompts and kept beside them.
  package static func content(of path: String) throws -> [UInt8] {
    try unsafe open(path).withBytes { unsafe Array($0) }
  }

  private static func open(_ path: String) throws -> MappedFile {
    do {
      return try MappedFile(path: path)
    } catch {
      if case .emptyFile = error { throw TokenizationError.promptFile(path: path, .noPrompts) }
      throw error
    }
  }

  /// Reads what a file holds, or is to hold.
  package init(path: String, content: [UInt8]) throws(TokenizationError) {
    try self.init(path: path, isCSV: Self.isCSV(path), text: .prompts, content.span)
  }

  private static func isCSV(_ path: String) throws(TokenizationError) -> Bool {
    let name = path.lowercased()
    let isCSV = name.hasSuffix(".csv")
    guard isCSV || name.hasSuffix(".jsonl") || name.hasSuffix(".json") else {
      throw .promptFile(path: path, .unknownEnding)
    }
    return isCSV
  }

  private init(
    path: String, isCSV: Bool, text: PromptTextColumn, _ bytes: Span<UInt8>
  ) throws(TokenizationError) {
    if let fault = PromptFileFault(start: bytes, isCSV: isCSV) {
      throw .promptFile(path: path, fault)
    }
    let collector = isCSV ? PromptCSV.read(bytes, text: text) : PromptJSONL.read(bytes, text: text)
    guard collector.faultCount == 0 else {
      throw TokenizationError.promptLines(
        path: path, collector.faults, count: collector.faultCount)
    }
    guard !collector.prompts.isEmpty else {
      throw TokenizationError.promptFile(path: path, .noPrompts)
    }
    self.path = path
    prompts = collector.prompts
    blankLineCount = collector.blankLineCount
    digest = collector.digest
  }
}
