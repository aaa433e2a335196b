import Inference
import Kernels
import ModelFiles
import TestSupport
import Tokenization

/// A tiny model in which one block alone carries the share of marked tokens to the last position.
///
/// Tokens are marked along axis 0. Attention is uniform everywhere; in one block it moves axis 0 to axis 1, by which
/// the head chooses between a refusal and an answer. All other weights move noise among the other axes.
struct PlantedDecoder {
  static let layerCount = 8
  static let marked: Range<Int32> = 100..<150
  static let plain: Range<Int32> = 150..<200
  static let last: Int32 = 5

  let decoder: Decoder
  let tokenizer: Tokenizer
  /// Begins with the token by which the model refuses.
  let rules: RefusalRules

  /// Plants the block.
  init(block: Int, seed: UInt64) throws {
    let checkpoint = try Checkpoint(path: Goldens.path("models/llama-untied"))
    tokenizer = try Tokenizer(checkpoint.tokenizer)
    var description = DecoderDescription(checkpoint.configuration)
    description.dModel = 16
    description.layerCount = Self.layerCount
    description.attention = AttentionShape(
      headCount: 2, keyValueHeadCount: 1, dHead: 8, window: nil)
    description.dMLP = 8
    description.rotaryFrequencies = [1, 0.1, 0.01, 0.001]
    description.hasQueryKeyValueBias = false
    description.hasOutputBias = false
    description.hasMLPBias = false
    let source = PlantedWeights(
      description, block: block, refusal: tokenizer.encode("z")[0],
      answer: tokenizer.encode("a")[0], seed: seed)
    decoder = try Decoder(
      description, source: source, includingHead: true, precision: .f32, keptLayers: nil,
      threads: 2)
    rules = RefusalRules(name: "planted", version: 1, phrases: ["z"])
  }

  /// Prompts of which given shares are marked, all ending in one token.
  static func prompts(shares: [Double], seed: UInt64) -> [TokenizedPrompt] {
    var numbers = SplitMix64(seed: seed)
    return shares.map { share in
      let count = Int((share * 40).rounded())
      let body = (0..<40).map { index in
        Int32.random(in: index < count ? marked : plain, using: &numbers)
      }
      return TokenizedPrompt(body.shuffled(using: &numbers) + [last])
    }
  }
}

/// Weights made on the spot.
private struct PlantedWeights: WeightSource {
  private let tensors: [String: [[Float]]]

  init(
    _ description: DecoderDescription, block: Int, refusal: Int32, answer: Int32, seed: UInt64
  ) {
    let width = description.dModel
    var numbers = SplitMix64(seed: seed)
    func normal() -> Float { Float(numbers.nextNormals().0) }
    func zeros(_ rows: Int, _ columns: Int) -> [[Float]] {
      [[Float]](repeating: [Float](repeating: 0, count: columns), count: rows)
    }
    /// Noise between some rows and columns.
    func noise(_ shape: (Int, Int), rows: Range<Int>, columns: Range<Int>) -> [[Float]] {
      var matrix = zeros(shape.0, shape.1)
      for row in rows { for column in columns { matrix[row][column] = 0.2 * normal() } }
      return matrix
    }
    var tensors: [String: [[Float]]] = [:]
    let free = 3..<width
    var embedding: [[Float]] = []
    for token in 0..<description.vocabularySize {
      var row = (0..<width).map { _ in normal() }
      let norm = free.reduce(0) { $0 + row[$1] * row[$1] }.squareRoot()
      for column in free { row[column] *= 1.5 / norm }
      // Every plain token is as its marked twin, so that nothing but the mark tells them apart.
      if PlantedDecoder.plain.contains(Int32(token)) {
        row = embedding[token - PlantedDecoder.plain.count]
      }
      row[0] = PlantedDecoder.marked.contains(Int32(token)) ? 1 : -1
      (row[1], row[2]) = (0, 1)
      embedding.append(row)
    }
    tensors["model.embed_tokens.weight"] = embedding
    var head = zeros(description.vocabularySize, width)
    head[Int(refusal)][1] = 4
    head[Int(answer)][2] = 4
    tensors["lm_head.weight"] = head
    tensors["model.norm.weight"] = [[Float](repeating: 1, count: width)]
    for layer in 0..<description.layerCount {
      func set(_ module: WeightModule, _ matrix: [[Float]]) {
        tensors["\(module.path(layer: layer)).weight"] = matrix
      }
      let ones = [[Float](repeating: 1, count: width)]
      set(.inputLayerNorm, ones)
      set(.postAttentionLayerNorm, ones)
      set(.queryProjection, zeros(16, width))
      set(.keyProjection, zeros(8, width))
      var value = noise((8, width), rows: 1..<8, columns: free)
      var output = noise((width, 16), rows: free, columns: 1..<8)
      if layer == block {
        value[0][0] = 1
        output[1][0] = 2
      }
      set(.valueProjection, value)
      set(.outputProjection, output)
      set(.gateProjection, noise((8, width), rows: 0..<8, columns: free))
      set(.upProjection, noise((8, width), rows: 0..<8, columns: free))
      set(.downProjection, noise((width, 8), rows: free, columns: 0..<8))
    }
    self.tensors = tensors
  }

  func shape(of name: String) -> [Int] {
    let rows = rows(name)
    return name.contains("norm") ? [rows[0].count] : [rows.count, rows[0].count]
  }

  func read(_ name: String, into values: inout MutableSpan<Float>) {
    let flat = rows(name).flatMap(\.self)
    for index in values.indices { values[index] = flat[index] }
  }

  func read(_ name: String, row: Int, into values: inout MutableSpan<Float>) {
    let row = rows(name)[row]
    for index in values.indices { values[index] = row[index] }
  }

  func announce(_ name: String) {}
  func release(_ name: String) {}

  private func rows(_ name: String) -> [[Float]] {
    guard let rows = tensors[name] else { preconditionFailure("no tensor \(name)") }
    return rows
  }
}
