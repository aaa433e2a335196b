public import ModelFiles

extension TokenizerSource {
  /// A file of a HuggingFace folder.
  public typealias FolderFile = (name: String, bytes: [UInt8])

  /// The tokenizer files of a GGUF file's model in HuggingFace's layout; nil where there is no exact
  /// counterpart: SentencePiece vocabularies, and rules for splitting that have no pattern there.
  ///
  /// Letters of Unicode 16 and the other differences that `Tokenizer` lists come with the format.
  ///
  /// - Throws: `TokenizationError` for a tokenizer that cannot be read, `ModelFileError` for metadata of the
  ///   wrong type.
  public func folderFiles() throws -> [FolderFile]? {
    guard case .gguf(let metadata, let path) = self else { return nil }
    let definition = try TokenizerGGUF(metadata, file: path).definition()
    guard
      definition.alphabet == .byteLevel, case .ranked(let merges) = definition.merging,
      let splitting = Self.preTokenizer(definition.rules.map(\.rule))
    else { return nil }
    let tokenizer: JSONObject = [
      "version": "1.0",
      "added_tokens": .array(
        definition.addedTokens.sorted { $0.id < $1.id }.map { .object($0.json) }),
      "normalizer": .null,
      "pre_tokenizer": splitting,
      "post_processor": Self.postProcessor(definition),
      "decoder": Self.byteLevel(usesPattern: true),
      "model": .object(Self.model(definition, merges)),
    ]
    let end = try metadata.integer("tokenizer.ggml.eos_token_id").map { Int32($0) }
    var configuration: [(key: ByteString, value: JSONValue)] = [
      ("tokenizer_class", "PreTrainedTokenizerFast"),
      ("clean_up_tokenization_spaces", .bool(false)),
    ]
    for (key, id) in [("bos_token", definition.beginningOfSequence), ("eos_token", end)] {
      guard let id, let token = definition.tokens[Int(id)] else { continue }
      configuration.append((ByteString(key), .string(token)))
    }
    if let template = try metadata.string("tokenizer.chat_template") {
      configuration.append(("chat_template", .string(template)))
    }
    return [
      ("tokenizer.json", JSONValue.object(tokenizer).text(sorted: false) + [UInt8(ascii: "\n")]),
      (
        "tokenizer_config.json",
        JSONValue.object(JSONObject(configuration)).indentedText() + [UInt8(ascii: "\n")]
      ),
    ]
  }

  private static func model(_ definition: TokenizerDefinition, _ merges: MergeTable) -> JSONObject {
    let entries = definition.tokens.enumerated().compactMap { id, token in
      token.map { (key: $0, value: JSONValue.number(JSONNumber(id))) }
    }
    let pairs: [JSONValue] = merges.byRank.map { merge in
      .array(
        [merge.left, merge.right].map { .string(ByteString(definition.vocabulary[Int32($0)])) })
    }
    return [
      "type": "BPE", "dropout": .null, "unk_token": .null, "continuing_subword_prefix": .null,
      "end_of_word_suffix": .null, "fuse_unk": .bool(false), "byte_fallback": .bool(false),
      "ignore_merges": .bool(definition.ignoresMerges), "vocab": .object(JSONObject(entries)),
      "merges": .array(pairs),
    ]
  }

  /// The pre-tokenizer that cuts as these rules do; nil where HuggingFace's library has none.
  private static func preTokenizer(_ rules: [PreTokenizer.Rule]) -> JSONValue? {
    switch rules {
    case [.gpt2]: return byteLevel(usesPattern: true)
    case [.numbers(individually: true), .gpt2]:
      return sequence([
        ["type": "Digits", "individual_digits": .bool(true)], byteLevel(usesPattern: true),
      ])
    default:
      guard rules.count == 1, let pattern = PreTokenizerPatterns.pattern(of: rules[0]) else {
        return nil
      }
      let split: JSONValue = [
        "type": "Split", "pattern": ["Regex": .string(pattern)], "behavior": "Isolated",
        "invert": .bool(false),
      ]
      return sequence([split, byteLevel(usesPattern: false)])
    }
  }

  private static func sequence(_ parts: [JSONValue]) -> JSONValue {
    ["type": "Sequence", "pretokenizers": .array(parts)]
  }

  private static func byteLevel(usesPattern: Bool) -> JSONValue {
    [
      "type": "ByteLevel", "add_prefix_space": .bool(false), "trim_offsets": .bool(true),
      "use_regex": .bool(usesPattern),
    ]
  }

  /// Puts the beginning of sequence before a text, where the model wants it.
  private static func postProcessor(_ definition: TokenizerDefinition) -> JSONValue {
    guard
      definition.addsBeginningOfSequence, let id = definition.beginningOfSequence,
      let token = definition.tokens[Int(id)]
    else { return .null }
    func piece(_ kind: ByteString, _ name: JSONValue, type: Int) -> JSONValue {
      .object([kind: ["id": name, "type_id": .number(JSONNumber(type))]])
    }
    let start = piece("SpecialToken", .string(token), type: 0)
    return [
      "type": "TemplateProcessing",
      "single": .array([start, piece("Sequence", "A", type: 0)]),
      "pair": .array([start, piece("Sequence", "A", type: 0), piece("Sequence", "B", type: 1)]),
      "special_tokens": .object([
        token: [
          "id": .string(token), "ids": [.number(JSONNumber(Int(id)))],
          "tokens": [.string(token)],
        ]
      ]),
    ]
  }
}

extension AddedToken {
  /// The token as tokenizer.json lists it.
  fileprivate var json: JSONObject {
    [
      "id": .number(JSONNumber(Int(id))), "content": .string(ByteString(content)),
      "single_word": .bool(isSingleWord), "lstrip": .bool(stripsLeft),
      "rstrip": .bool(stripsRight), "normalized": .bool(isNormalized),
      "special": .bool(isSpecial),
    ]
  }
}
