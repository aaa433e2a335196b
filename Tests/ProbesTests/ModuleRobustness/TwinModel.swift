import Foundation
import Inference
import Kernels
import ModelFiles
import Probes
import Tokenization

/// Prompts in twins that differ in one mark of their tokens alone, and a tiny random model in which one block's
/// attention alone carries that mark to what is read; another's carries a second mark, which has nothing to do with it.
///
/// Tokens 10 to 19 have either mark, 20 to 29 the first, 30 to 39 the second and 40 to 49 none; all else is alike.
struct TwinModel {
  static let securityLayer = 2
  static let controlLayer = 4
  /// Components of the stream that mean something.
  private static let securityMark = CarryingWeights.marker
  private static let controlMark = 5
  /// Always zero.
  private static let dead = 4
  /// Where the marks are read.
  private static let securityAxis = CarryingWeights.refusal
  private static let controlAxis = 6
  private static let special = [securityMark, controlMark, dead, securityAxis, controlAxis]

  var weights: CarryingWeights
  let tokens: [TokenizedPrompt]
  let prompts: [ProbePrompt]
  /// End in a digit where the second mark is there.
  let texts: [String]
  let parts: [PromptPart]

  /// Plants the marks and draws prompts.
  ///
  /// - Parameters:
  ///   - seed: fixes everything.
  ///   - pairs: how many twins.
  init(seed: UInt64, pairs: Int = 120) {
    var weights = CarryingWeights(seed: seed)
    let width = CarryingWeights.description.dModel
    let table = "model.embed_tokens.weight"
    for token in 0..<CarryingWeights.description.vocabularySize {
      if (20..<50).contains(token) {
        for column in 0..<width {
          weights.set(
            table, token, column, weights.values[table]?[(10 + token % 10) * width + column] ?? 0)
        }
      }
      let isBody = (10..<50).contains(token)
      for (column, value) in [
        (CarryingWeights.constant, Float(0)), (Self.dead, 0), (Self.securityAxis, 0),
        (Self.controlAxis, 0), (Self.securityMark, isBody ? (token < 30 ? 1 : -1) : 0),
        (Self.controlMark, isBody ? (token / 10 % 2 == 1 ? 1 : -1) : 0),
      ] { weights.set(table, token, column, value) }
    }
    for (name, shape) in weights.shapes where name.contains("proj") {
      let isWriting = name.contains("o_proj") || name.contains("down_proj")
      // Nothing else reads a mark or where it is written, and nothing else writes there.
      for component in Self.special {
        for index in 0..<(isWriting ? shape[1] : shape[0]) {
          weights.set(
            name, isWriting ? component : index, isWriting ? index : component, 0)
        }
      }
    }
    Self.carry(
      Self.securityMark, to: Self.securityAxis, inLayer: Self.securityLayer, of: &weights)
    Self.carry(Self.controlMark, to: Self.controlAxis, inLayer: Self.controlLayer, of: &weights)
    self.weights = weights

    var numbers = SplitMix64(seed: seed &+ 50)
    var (tokens, prompts, texts, parts) = (
      [TokenizedPrompt](), [ProbePrompt](), [String](), [PromptPart]()
    )
    for pair in 0..<pairs {
      let isMarked = Bool.random(using: &numbers)
      let body = (0..<Int.random(in: 5...8, using: &numbers)).map { _ in
        Int32.random(in: 0..<10, using: &numbers) + (isMarked ? 10 : 20)
      }
      for label in [1, 0] {
        let ids = body.map { label == 1 ? $0 : $0 + 20 }
        tokens.append(
          TokenizedPrompt(
            ids: ids + CarryingPairs.tail,
            roles: ids.map { _ in .user } + CarryingPairs.tail.map { _ in .tail }))
        prompts.append(ProbePrompt(label: label, pair: ByteString("pair \(pair)"), userTokens: ids))
        texts.append(isMarked ? "north 1" : "north")
        parts.append(pair % 3 == 2 ? .test : .train)
      }
    }
    (self.tokens, self.prompts, self.texts, self.parts) = (tokens, prompts, texts, parts)
  }

  /// One value projection reads a mark, and where it reads nothing it is large, so that noise of its own size hits
  /// it hard while what is written stays sound.
  private static func carry(
    _ mark: Int, to axis: Int, inLayer layer: Int, of weights: inout CarryingWeights
  ) {
    let path = "model.layers.\(layer).self_attn"
    for column in 0..<CarryingWeights.description.dModel {
      weights.set("\(path).v_proj.weight", 0, column, 0)
    }
    for row in 0..<16 { weights.set("\(path).v_proj.weight", row, dead, 6) }
    weights.set("\(path).v_proj.weight", 0, mark, 1)
    for row in 0..<CarryingWeights.description.dModel {
      weights.set("\(path).o_proj.weight", row, 0, 0)
    }
    weights.set("\(path).o_proj.weight", axis, 0, 4.4)
  }

  /// Turns around what is written of the first mark.
  mutating func negateSecurity() {
    weights.set(
      "model.layers.\(Self.securityLayer).self_attn.o_proj.weight", Self.securityAxis, 0, -4.4)
  }

  /// Writes nothing of the first mark.
  mutating func loseSecurity() {
    for row in 0..<16 {
      weights.set(
        "model.layers.\(Self.securityLayer).self_attn.v_proj.weight", row, Self.securityMark, 0)
    }
  }

  func checks(threads: Int = 2, seed: UInt64 = 0) throws -> ModelChecks {
    try checks(weights.decoder(), threads: threads, seed: seed)
  }

  func checks(_ decoder: Decoder, threads: Int = 2, seed: UInt64 = 0) throws -> ModelChecks {
    try ModelChecks(tokens, prompts, decoder: decoder, threads: threads, seed: seed)
  }

  /// A map of single modules.
  func map(
    _ options: ModuleOptions, threads: Int = 2, log: ReadingLog? = nil,
    onReading: @escaping (Int, Int) -> Bool = { _, _ in true }
  ) throws -> ModuleMap? {
    try checks(threads: threads).moduleMap(
      of: weights, parts: parts, texts: texts, options, log: log, onReading: onReading)
  }

  static let options = ModuleOptions(strength: 2, repeats: 3, draws: 100)
  /// Takes modules away.
  static let gone = ModuleOptions(kind: .shrink, strength: 1, draws: 100)

  /// Every projection.
  static var all: [ModuleSet.Member] {
    ModuleSet([]).complement(layerCount: CarryingWeights.description.layerCount).members
  }
}

/// The floats of all rows.
func floats(_ rows: SharedRows) -> [Float] {
  let values = rows[rows: 0..<rows.count]
  var copy: [Float] = []
  for index in values.indices { copy.append(values[index]) }
  return copy
}

extension LayersOrigin {
  /// An origin with every field that it needs.
  static let example: LayersOrigin = {
    do {
      let encoding = try JSONSerialization.jsonObject(
        with: JSONEncoder().encode(PromptEncoder.Options()))
      let fields: [String: Any] = [
        "modelDigest": "model", "tokenizerDigest": "tokenizer", "promptsDigest": "prompts",
        "encoding": encoding, "precision": "f32", "positives": 120, "negatives": 120,
        "groups": 120, "meaningOfOne": "harmful", "meaningOfZero": "harmless", "unlabeled": 0,
        "seed": 0,
      ]
      return try JSONDecoder().decode(
        LayersOrigin.self, from: JSONSerialization.data(withJSONObject: fields))
    } catch {
      preconditionFailure("an origin that cannot be read: \(error)")
    }
  }()
}
