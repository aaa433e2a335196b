public import ModelFiles

extension PromptEncoder {
  /// The encoder for a model's own tokenizer and template.
  ///
  /// Raw text needs no template, so none is read for it.
  ///
  /// - Throws: `TokenizationError` or `ModelFileError` where the files cannot be used.
  public init(_ source: TokenizerSource, options: Options = Options()) throws {
    self.init(
      tokenizer: try Tokenizer(source),
      template: options.isRaw ? nil : try ChatTemplate(source), options: options)
  }
}
