internal import ModelFiles

/// Recognises splitting patterns by their text.
enum PreTokenizerPatterns {
  /// Patterns of model files and the hand-written rule that does the same.
  private static let known: [ByteString: PreTokenizer.Rule] = [
    #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#: .gpt2,
    llama3(digits: #"\p{N}{1,3}"#): .cl100k(digits: 3, foldsLongS: true),
    llama3(digits: #"\p{N}"#): .cl100k(digits: 1, foldsLongS: true),
    // The original of cl100k_base: its possessive quantifiers never give anything back anyway.
    #"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"#:
      .cl100k(digits: 3, foldsLongS: true),
    tekken: .tekken(.byCategory),
  ]

  private static func llama3(digits: String) -> ByteString {
    ByteString(
      #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"# + digits
        + #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#)
  }

  private static let tekken = ByteString(
    #"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"#
      + #"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"#
      + #"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"#)

  /// The pattern that does what a GGUF file's rule does, the contraction `'ſ` aside; nil where none is known.
  static func pattern(of rule: PreTokenizer.Rule) -> ByteString? {
    switch rule {
    case .cl100k(digits: 3, _): llama3(digits: #"\p{N}{1,3}"#)
    case .cl100k(digits: 1, _): llama3(digits: #"\p{N}"#)
    case .tekken: tekken
    default: nil
    }
  }

  /// The rule of a `Split` pre-tokenizer.
  static func rule(_ split: TokenizerFields) throws(TokenizationError) -> PreTokenizer.Rule {
    try split.allow(["type", "pattern", "behavior", "invert"])
    guard let pattern = try split.fields("pattern") else {
      throw .missing(file: split.file, field: split.place + "pattern")
    }
    guard let text = try pattern.string("Regex") else {
      throw .pattern(file: split.file, found: try pattern.string("String") ?? "")
    }
    guard let rule = known[text] else { throw .pattern(file: split.file, found: text) }
    let behavior = try split.required("behavior")
    // The known patterns match all of a text, so that removing what lies between changes nothing.
    switch (behavior, try split.bool("invert") ?? false) {
    case ("Isolated", _), ("Removed", true): return rule
    default:
      throw split.unsupported(
        "behavior of Split", behavior, known: "known: Isolated, and Removed when inverted")
    }
  }

  /// What a GGUF file's `tokenizer.ggml.pre` stands for.
  struct Named {
    var rules: [PreTokenizer.Rule]
    var ignoresMerges = false
    var addsBeginningOfSequence = false
  }

  /// The rules behind a name in a GGUF file, nil when the name is not known.
  static func named(_ name: ByteString) -> Named? {
    switch name {
    case "gpt-2", "phi-2", "mpt", "olmo":
      Named(rules: [.gpt2])
    case "llama3", "llama-v3", "llama-bpe", "falcon3", "pixtral":
      Named(
        rules: [.cl100k(digits: 3, foldsLongS: false)], ignoresMerges: true,
        addsBeginningOfSequence: true)
    case "dbrx", "smaug-bpe":
      Named(rules: [.cl100k(digits: 3, foldsLongS: false)])
    case "qwen2", "deepseek-r1-qwen", "stablelm2", "megrez":
      Named(rules: [.cl100k(digits: 1, foldsLongS: false)])
    case "smollm", "starcoder", "refact", "command-r", "codeshell", "exaone", "minerva-7b":
      Named(rules: [.numbers(individually: true), .gpt2])
    case "tekken":
      Named(rules: [.tekken(.ascii)], ignoresMerges: true, addsBeginningOfSequence: true)
    case "default":
      Named(rules: [.punctuation, .gpt2, .numbers(individually: false), .digitTriples])
    default:
      nil
    }
  }
}
