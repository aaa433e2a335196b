/// Where a checkpoint keeps its tokenizer and chat template, read but not interpreted.
public enum TokenizerSource: Sendable {
  /// The files of a HuggingFace folder.
  case tokenizerJSON(
    JSONObject, tokenizerConfig: JSONObject?, chatTemplate: ByteString?, path: String)
  /// The `tokenizer.ggml` keys of a GGUF file.
  case gguf(GGUFMetadata, path: String)
}

extension TokenizerSource {
  private static let tokenizerByteLimit = 256 << 20
  private static let configurationByteLimit = 16 << 20
  private static let templateByteLimit = 1 << 20

  /// Reads the tokenizer files of a folder.
  init(_ folder: ModelFolder) throws(ModelFileError) {
    guard let tokenizer = try folder.openIfPresent(ModelFolder.tokenizerName) else {
      throw .missingPart(folder: folder.path, part: .tokenizer)
    }
    let configuration = try folder.openIfPresent(ModelFolder.tokenizerConfigurationName)
    var template: ByteString?
    if let file = try folder.openIfPresent(ModelFolder.chatTemplateName) {
      guard file.count <= Self.templateByteLimit else {
        throw .tooLarge(path: file.path, count: file.count, limit: Self.templateByteLimit)
      }
      template = file.withSpan { (bytes) in ByteString((0..<bytes.count).map { bytes[$0] }) }
    }
    self = .tokenizerJSON(
      try tokenizer.jsonObject(byteLimit: Self.tokenizerByteLimit),
      tokenizerConfig: try configuration.map { (file) throws(ModelFileError) in
        try file.jsonObject(byteLimit: Self.configurationByteLimit)
      },
      chatTemplate: template, path: tokenizer.path)
  }
}
