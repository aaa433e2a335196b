extension Checkpoint {
  /// Writes `config.json` and `generation_config.json` into a folder that is being made.
  ///
  /// A model in HuggingFace's layout keeps its own, with the type of the weights changed; code that it names is
  /// left behind.
  ///
  /// - Parameters:
  ///   - folder: the folder.
  ///   - elementType: the type of the weights.
  ///   - rotary: the rotary settings, where the model's own have no word in such a file.
  /// - Throws: `ModelFileError.cannotExport` for a model that such a file cannot describe.
  package func writeConfiguration(
    into folder: AtomicFolder, elementType: ElementType, rotary: RotaryConfiguration?
  ) throws(ModelFileError) {
    switch source {
    case .folder(let source, let file):
      let object = try file.jsonObject(byteLimit: file.count)
      try folder.write(object.typed(elementType), to: ModelFolder.configurationName)
      if let generation = try source.openIfPresent(ModelFolder.generationName) {
        try folder.copy(generation, to: ModelFolder.generationName)
      }
    case .gguf:
      var configuration = configuration
      if let rotary { configuration.rotary = rotary }
      let object: JSONObject
      do { object = try configuration.json(elementType: elementType) } catch {
        throw .cannotExport(path: path, error)
      }
      try folder.write(object.fileText, to: ModelFolder.configurationName)
      try folder.write(configuration.generationJSON.fileText, to: ModelFolder.generationName)
    }
  }

  /// Copies the tokenizer's files of a model in HuggingFace's layout.
  ///
  /// - Returns: their names; nil for a GGUF file, which has its tokenizer inside.
  /// - Throws: `ModelFileError` where a file cannot be read or written.
  package func copyTokenizer(into folder: AtomicFolder) throws(ModelFileError) -> [String]? {
    guard case .folder(let source, _) = source else { return nil }
    var names: [String] = []
    for name in ModelFolder.tokenizerNames {
      guard let file = try source.openIfPresent(name) else { continue }
      try folder.copy(file, to: name)
      names.append(name)
    }
    return names
  }
}

extension JSONObject {
  /// The object as the text of a file.
  fileprivate var fileText: [UInt8] {
    JSONValue.object(self).indentedText() + [UInt8(ascii: "\n")]
  }

  /// The text of a `config.json` for weights of another type.
  fileprivate func typed(_ elementType: ElementType) -> [UInt8] {
    let type = JSONValue.string(elementType.torchName)
    var members = members.filter { $0.key != "auto_map" }
    var isNamed = false
    for index in members.indices
    where members[index].key == "torch_dtype" || members[index].key == "dtype" {
      members[index].value = type
      isNamed = true
    }
    if !isNamed { members.append(("torch_dtype", type)) }
    return JSONObject(members).fileText
  }
}

extension ModelFolder {
  /// The files of a tokenizer, in any of the forms that the transformers library has known.
  fileprivate static let tokenizerNames = [
    tokenizerName, tokenizerConfigurationName, chatTemplateName, "chat_template.json",
    "special_tokens_map.json", "added_tokens.json", "vocab.json", "merges.txt", "tokenizer.model",
  ]
}
