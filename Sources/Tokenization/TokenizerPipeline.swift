internal import ModelFiles

/// What happens to text before and after merging, as tokenizer.json has it.
struct TokenizerPipeline {
  private(set) var alphabet = TokenizerDefinition.Alphabet.text
  private(set) var normalization: [NormalizationStep] = []
  private(set) var prefix = TokenizerDefinition.Prefix.none
  private(set) var rules: [(rule: PreTokenizer.Rule, edition: UnicodeEdition)] = []
  private(set) var stripsLeadingSpace = false

  private let mark = TokenizerDefinition.metaspace
  private let space = [UInt8(ascii: " ")]

  init(_ root: TokenizerFields) throws(TokenizationError) {
    if let normalizer = try root.fields("normalizer") {
      for part in try normalizer.flattened("normalizers") { try addNormalizer(part) }
    }
    if let preTokenizer = try root.fields("pre_tokenizer") {
      let parts = try preTokenizer.flattened("pretokenizers")
      for (index, part) in parts.enumerated() {
        try addPreTokenizer(part, isLast: index == parts.count - 1)
      }
    }
    if let decoder = try root.fields("decoder") {
      for part in try decoder.flattened("decoders") { try addDecoder(part) }
    }
  }

  private mutating func addNormalizer(_ part: TokenizerFields) throws(TokenizationError) {
    let type = try part.type()
    switch type {
    case "NFC":
      try part.allow(["type"])
      normalization.append(.composition)
    case "Prepend":
      try part.allow(["type", "prepend"])
      let addition = try part.required("prepend")
      guard addition.bytes == mark else {
        throw part.unsupported("text that is prepended", addition, known: "known: ▁")
      }
      normalization.append(.prepend(mark))
    case "Replace":
      try checkReplacement(part, of: space, by: mark)
      normalization.append(.replace(space, with: mark))
    default:
      throw part.unsupported("normalizer", type, known: "known: NFC, Prepend, Replace, Sequence")
    }
  }

  /// Demands that a `Replace` does what is expected: others could make text grow without bounds.
  private func checkReplacement(
    _ part: TokenizerFields, of old: [UInt8], by new: [UInt8]
  ) throws(TokenizationError) {
    try part.allow(["type", "pattern", "content"])
    let content = try part.required("content")
    guard let pattern = try part.fields("pattern"), try pattern.string("String")?.bytes == old,
      content.bytes == new
    else {
      throw part.unsupported(
        "replacement", content, known: "known: spaces by ▁ before merging, and back in decoding")
    }
  }

  private mutating func addPreTokenizer(
    _ part: TokenizerFields, isLast: Bool
  ) throws(TokenizationError) {
    let type = try part.type()
    switch type {
    case "ByteLevel":
      guard isLast else {
        throw part.unsupported("place of the pre-tokenizer", type, known: "known: at the end")
      }
      try addByteLevel(part)
    case "Split":
      rules.append((try PreTokenizerPatterns.rule(part), .sixteen))
    case "Digits":
      try part.allow(["type", "individual_digits"])
      let areSingle = try part.bool("individual_digits") ?? false
      rules.append((.numbers(individually: areSingle), .seventeen))
    case "Metaspace":
      try addMetaspace(part)
    default:
      throw part.unsupported(
        "pre-tokenizer", type, known: "known: ByteLevel, Split, Digits, Metaspace, Sequence")
    }
  }

  private mutating func addByteLevel(_ part: TokenizerFields) throws(TokenizationError) {
    try part.allow(["type", "add_prefix_space", "trim_offsets", "use_regex"])
    alphabet = .byteLevel
    if try part.bool("add_prefix_space") ?? true {
      guard rules.isEmpty else {
        throw part.unsupported(
          "place of add_prefix_space", "after another pre-tokenizer", known: "known: alone")
      }
      prefix = .space
    }
    if try part.bool("use_regex") ?? true { rules.append((.gpt2, .sixteen)) }
  }

  private mutating func addMetaspace(_ part: TokenizerFields) throws(TokenizationError) {
    try part.allow([
      "type", "replacement", "add_prefix_space", "prepend_scheme", "split", "str_rep",
    ])
    guard rules.isEmpty, try part.required("replacement").bytes == mark else {
      throw part.unsupported(
        "form of Metaspace", try part.required("replacement"), known: "known: ▁, and alone")
    }
    prefix = try metaspacePrefix(part)
    if try part.bool("split") ?? true { rules.append((.beforeEach(mark), .sixteen)) }
  }

  private func metaspacePrefix(
    _ part: TokenizerFields
  ) throws(TokenizationError) -> TokenizerDefinition.Prefix {
    let scheme = try part.string("prepend_scheme") ?? "always"
    switch scheme {
    case "always": return .metaspace(.always)
    case "first": return .metaspace(.first)
    case "never": return .metaspace(.never)
    default:
      throw part.unsupported("prepend_scheme", scheme, known: "known: always, first, never")
    }
  }

  private mutating func addDecoder(_ part: TokenizerFields) throws(TokenizationError) {
    let type = try part.type()
    switch type {
    case "ByteLevel", "ByteFallback", "Fuse":
      break
    case "Replace":
      try checkReplacement(part, of: mark, by: space)
    case "Strip":
      try part.allow(["type", "content", "start", "stop"])
      let start = try part.integer("start", in: 0...1)
      guard try part.required("content") == " ", try part.integer("stop", in: 0...0) == 0 else {
        throw part.unsupported("Strip decoder", try part.required("content"), known: "known: space")
      }
      stripsLeadingSpace = stripsLeadingSpace || start == 1
    case "Metaspace":
      stripsLeadingSpace = try metaspacePrefix(part) != .metaspace(.never)
    default:
      throw part.unsupported(
        "decoder", type,
        known: "known: ByteLevel, ByteFallback, Fuse, Metaspace, Replace, Strip, Sequence")
    }
  }
}

extension TokenizerFields {
  /// A string that must be there.
  func required(_ key: ByteString) throws(TokenizationError) -> ByteString {
    guard let string = try string(key) else {
      throw .missing(file: file, field: place + key.description)
    }
    return string
  }
}
