import ModelFiles
import Tokenization

/// A tokenizer with one token for every byte, a few merges and a few special tokens.
///
/// What it makes of a text can be read off the text, so that roles and ranges can be written down.
struct PromptEncoderTokenizer {
  static let special = ["<s>", "</s>", "<|im_start|>", "<|im_end|>", "<tool>"]

  /// The tokenizer; it may put `<s>` before a text, or know of it from tokenizer_config.json.
  static func make(addsBeginning: Bool = false, hasBeginning: Bool = true) throws -> Tokenizer {
    var vocabulary: [(key: ByteString, value: JSONValue)] = []
    for byte in UInt8.min...UInt8.max {
      vocabulary.append((symbol(byte), .number(JSONNumber(Int(byte)))))
    }
    // A merge of a full stop and the line break after it crosses from content into the template.
    let pairs = [(".", "Ċ"), ("Ġ", "b")]
    for (left, right) in pairs {
      vocabulary.append((ByteString(left + right), .number(JSONNumber(vocabulary.count))))
    }
    let added = special.enumerated().map { index, content in
      JSONValue.object([
        "id": .number(JSONNumber(vocabulary.count + index)),
        "content": .string(ByteString(content)),
        "single_word": .bool(false), "lstrip": .bool(content == "<tool>"),
        "rstrip": .bool(content == "<tool>"), "normalized": .bool(false), "special": .bool(true),
      ])
    }
    let model: JSONObject = [
      "type": "BPE", "vocab": .object(JSONObject(vocabulary)),
      "merges": .array(pairs.map { .array([.string(ByteString($0)), .string(ByteString($1))]) }),
      "byte_fallback": .bool(false), "ignore_merges": .bool(false), "fuse_unk": .bool(false),
    ]
    var object: [(key: ByteString, value: JSONValue)] = [
      ("version", "1.0"), ("added_tokens", .array(added)), ("normalizer", .null),
      (
        "pre_tokenizer",
        .object([
          "type": "ByteLevel", "add_prefix_space": .bool(false), "use_regex": .bool(false),
          "trim_offsets": .bool(false),
        ])
      ),
      (
        "decoder",
        .object([
          "type": "ByteLevel", "add_prefix_space": .bool(false), "use_regex": .bool(false),
          "trim_offsets": .bool(false),
        ])
      ),
      ("model", .object(model)),
    ]
    if addsBeginning {
      let id: JSONValue = .number(JSONNumber(vocabulary.count))
      object.append(
        (
          "post_processor",
          .object([
            "type": "TemplateProcessing",
            "single": .array([
              .object(["SpecialToken": .object(["id": "<s>", "type_id": .number(JSONNumber(0))])]),
              .object(["Sequence": .object(["id": "A", "type_id": .number(JSONNumber(0))])]),
            ]), "pair": .array([]),
            "special_tokens": .object([
              "<s>": .object(["id": "<s>", "ids": .array([id]), "tokens": .array(["<s>"])])
            ]),
          ])
        ))
    }
    return try Tokenizer(
      .tokenizerJSON(
        JSONObject(object), tokenizerConfig: hasBeginning ? ["bos_token": "<s>"] : nil,
        chatTemplate: nil, path: "tokenizer.json"))
  }

  /// The letter that stands for a byte in a byte-level vocabulary.
  private static func symbol(_ byte: UInt8) -> ByteString {
    let printable = Array(0x21...0x7E) + Array(0xA1...0xAC) + Array(0xAE...0xFF)
    if printable.contains(Int(byte)) { return ByteString(String(Unicode.Scalar(byte))) }
    let others = (0...255).filter { !printable.contains($0) }
    let index = others.firstIndex(of: Int(byte)) ?? 0
    return ByteString(Unicode.Scalar(256 + UInt32(index)).map(String.init) ?? "")
  }
}
