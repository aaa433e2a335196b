public import Kernels
import ModelFiles

/// Everything a store's bytes depend on, and nothing else.
///
/// Threads, batches, memory and shards are left out on purpose: whatever they are, the same capture
/// gives the same file. Two captures with one identity may share an unfinished file.
public struct StoreIdentity: Sendable, Equatable {
  /// The SHA-256 of the model's files.
  public var modelDigest: String
  /// The SHA-256 of what adapters add to the model; nil without one.
  public var adapterDigest: String?
  /// The SHA-256 of what the tokenizer does.
  public var tokenizerDigest: String
  /// The SHA-256 of the chat template, if one is used.
  public var templateDigest: String?
  /// The SHA-256 of the prompt file.
  public var promptsDigest: String
  /// The system text given for every prompt, if any.
  public var systemText: String?
  /// What special tokens in prompt text stand for.
  public var specialTokens: SpecialTokens
  /// Whether prompts are taken without the template.
  public var isRaw: Bool
  /// Whether the opening of the assistant's turn follows the prompt.
  public var addsGenerationPrompt: Bool
  /// The hook sites captured, without `blocks.{i}.`.
  public var sites: [String]
  /// The positions captured, as asked for.
  public var positions: [String]
  /// The layers captured.
  public var layers: [Int]
  /// The precision of the products.
  public var precision: Precision
  /// The type of the stored values.
  public var storedType: StoredType
  /// Whether the prompts' text is in the file.
  public var storesText: Bool

  /// What special tokens in prompt text stand for.
  public enum SpecialTokens: String, Sendable, CaseIterable {
    /// For their letters.
    case literal
    /// For themselves.
    case parsed
  }

  /// Names everything a capture depends on.
  public init(
    modelDigest: String, adapterDigest: String? = nil, tokenizerDigest: String,
    templateDigest: String?, promptsDigest: String, systemText: String? = nil,
    specialTokens: SpecialTokens = .literal, isRaw: Bool = false,
    addsGenerationPrompt: Bool = true, sites: [String], positions: [String], layers: [Int],
    precision: Precision, storedType: StoredType, storesText: Bool = false
  ) {
    self.modelDigest = modelDigest
    self.adapterDigest = adapterDigest
    self.tokenizerDigest = tokenizerDigest
    self.templateDigest = templateDigest
    self.promptsDigest = promptsDigest
    self.systemText = systemText
    self.specialTokens = specialTokens
    self.isRaw = isRaw
    self.addsGenerationPrompt = addsGenerationPrompt
    self.sites = sites
    self.positions = positions
    self.layers = layers
    self.precision = precision
    self.storedType = storedType
    self.storesText = storesText
  }
}

/// The first thing in which two captures differ.
public struct StoreDifference: Sendable, Equatable {
  /// What differs.
  public let field: String
  /// Its value in the file that was found, as JSON.
  public let found: String
  /// Its value in the capture that was asked for, as JSON.
  public let wanted: String

  /// Compares fields in order.
  init?(found: JSONObject, wanted: JSONObject) {
    guard let first = wanted.differences(from: found).first else { return nil }
    self.field = first.field
    self.found = String(decoding: first.found.text(), as: UTF8.self)
    self.wanted = String(decoding: first.wanted.text(), as: UTF8.self)
  }
}

extension JSONObject {
  /// The members in which another object differs, in order, and their names in words.
  func differences(
    from other: JSONObject
  ) -> [(field: String, found: JSONValue, wanted: JSONValue)] {
    members.compactMap { key, value in
      let found = other[key] ?? .null
      return found == value ? nil : (key.string.replacing("_", with: " "), found, value)
    }
  }
}

extension StoreIdentity {
  /// The identity as the file holds it: canonical JSON, keys sorted, no spaces.
  public var text: String {
    String(decoding: JSONValue.object(json).text(), as: UTF8.self)
  }

  /// The SHA-256 of the text, in hexadecimal.
  public var digest: String {
    Digest.sha256(of: Array(text.utf8))
  }

  /// The fields in the order in which a difference is named.
  var json: JSONObject {
    [
      "schema": JSONValue(integerLiteral: StoreStructure.schema),
      "model": .string(modelDigest),
      "adapter": .string(adapterDigest),
      "tokenizer": .string(tokenizerDigest),
      "template": .string(templateDigest),
      "prompts": .string(promptsDigest),
      "system": .string(systemText),
      "special_tokens": .string(specialTokens.rawValue),
      "raw": .bool(isRaw),
      "generation_prompt": .bool(addsGenerationPrompt),
      "sites": .array(sites.map { .string($0) }),
      "positions": .array(positions.map { .string($0) }),
      "layers": .array(layers.map { JSONValue(integerLiteral: $0) }),
      "precision": .string(precision.rawValue),
      "stored_type": .string(storedType.rawValue),
      "store_text": .bool(storesText),
    ]
  }

  /// Reads an identity, or returns nil when a field is missing, unknown or of another kind.
  init?(_ json: JSONObject) {
    guard
      let model = json["model"]?.asString?.string,
      let tokenizer = json["tokenizer"]?.asString?.string,
      let prompts = json["prompts"]?.asString?.string,
      let specialTokens = json["special_tokens"]?.asString?.string,
      let specialTokens = SpecialTokens(rawValue: specialTokens),
      let isRaw = json["raw"]?.asBool,
      let addsGenerationPrompt = json["generation_prompt"]?.asBool,
      let sites = json["sites"]?.asArray?.compactMap({ $0.asString?.string }),
      let positions = json["positions"]?.asArray?.compactMap({ $0.asString?.string }),
      let layers = json["layers"]?.asArray?.compactMap(\.asInt),
      let precision = json["precision"]?.asString?.string,
      let precision = Precision(rawValue: precision),
      let storedType = json["stored_type"]?.asString?.string,
      let storedType = StoredType(rawValue: storedType),
      let storesText = json["store_text"]?.asBool
    else { return nil }
    self.init(
      modelDigest: model, adapterDigest: json["adapter"]?.asString?.string,
      tokenizerDigest: tokenizer, templateDigest: json["template"]?.asString?.string,
      promptsDigest: prompts, systemText: json["system"]?.asString?.string,
      specialTokens: specialTokens, isRaw: isRaw, addsGenerationPrompt: addsGenerationPrompt,
      sites: sites, positions: positions, layers: layers, precision: precision,
      storedType: storedType, storesText: storesText)
    // Whatever was not understood would be lost here.
    guard self.json == json else { return nil }
  }

  /// The first field in which the capture found in a file differs from this one.
  public func difference(from found: StoreIdentity) -> StoreDifference? {
    StoreDifference(found: found.json, wanted: json)
  }
}

extension JSONValue {
  /// A string, or null for none.
  static func string(_ text: String?) -> JSONValue {
    text.map { .string(ByteString($0)) } ?? .null
  }
}
