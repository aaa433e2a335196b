import Foundation
import Inference
import Kernels
import ModelFiles
import Probes
import TestSupport
import Testing
import Tokenization

/// Weights of a tiny decoder in memory: small random ones, and what is planted in them.
struct CarryingWeights: WeightSource {
  let shapes: [String: [Int]]
  var values: [String: [Float]]

  /// Of the Llama family, with a head of its own and without biases.
  static let description: DecoderDescription = {
    do {
      let checkpoint = try Checkpoint(path: Goldens.path("models/llama-untied"))
      var description = DecoderDescription(checkpoint.configuration)
      description.vocabularySize = 64
      description.dModel = 32
      description.layerCount = 6
      description.attention = AttentionShape(
        headCount: 2, keyValueHeadCount: 2, dHead: 8, window: nil)
      description.dMLP = 16
      description.contextLength = 128
      description.rotaryFrequencies = [1, 0.1, 0.01, 0.001]
      return description
    } catch {
      preconditionFailure("a golden model cannot be read: \(error)")
    }
  }()

  /// Components of the stream that mean something.
  static let constant = 0
  static let marker = 1
  static let refusal = 2
  static let answer = 3
  /// The token that begins refusals.
  static let refusalToken: Int32 = 5
  /// The constant component of every token.
  static let constantSize: Float = 8

  /// Draws weights; tokens 10 to 29 carry the marker.
  init(seed: UInt64, noise: Double = 0.03) {
    let description = Self.description
    var numbers = SplitMix64(seed: seed)
    var shapes: [String: [Int]] = [:]
    var values: [String: [Float]] = [:]
    func add(_ name: String, _ shape: [Int], _ deviation: Double) {
      shapes[name] = shape
      values[name] = (0..<shape.reduce(1, *)).map { _ in
        shape.count == 1 ? 1 : Float(deviation * numbers.nextNormals().0)
      }
    }
    let (d, heads, hidden) = (description.dModel, 16, description.dMLP)
    add("model.embed_tokens.weight", [description.vocabularySize, d], 0.3)
    for layer in 0..<description.layerCount {
      let path = "model.layers.\(layer)"
      for name in ["input_layernorm", "post_attention_layernorm"] {
        add("\(path).\(name).weight", [d], 0)
      }
      for name in ["q_proj", "k_proj", "v_proj"] {
        add("\(path).self_attn.\(name).weight", [heads, d], noise)
      }
      add("\(path).self_attn.o_proj.weight", [d, heads], noise)
      add("\(path).mlp.gate_proj.weight", [hidden, d], noise)
      add("\(path).mlp.up_proj.weight", [hidden, d], noise)
      add("\(path).mlp.down_proj.weight", [d, hidden], noise)
    }
    add("model.norm.weight", [d], 0)
    add("lm_head.weight", [description.vocabularySize, d], noise)
    self.shapes = shapes
    self.values = values
    for token in 0..<description.vocabularySize {
      for (column, value) in [
        (Self.constant, Self.constantSize), (Self.marker, (10..<30).contains(token) ? 1 : 0),
        (Self.refusal, 0), (Self.answer, 0),
      ] {
        set("model.embed_tokens.weight", token, column, value)
      }
    }
  }

  mutating func set(_ name: String, _ row: Int, _ column: Int, _ value: Float) {
    values[name]?[row * (shapes[name]?[1] ?? 0) + column] = value
  }

  /// A block's attention writes the refusal component where it sees the marker.
  mutating func write(inLayer layer: Int, strength: Float = 4.4) {
    let path = "model.layers.\(layer).self_attn"
    for column in 0..<Self.description.dModel { set("\(path).v_proj.weight", 0, column, 0) }
    set("\(path).v_proj.weight", 0, Self.marker, 1)
    set("\(path).o_proj.weight", Self.refusal, 0, strength)
  }

  /// A block's MLP reads the refusal component and writes the answer component, no more than up to a bound.
  mutating func read(inLayer layer: Int, isBounded: Bool) {
    let path = "model.layers.\(layer).mlp"
    let size: Float = 5.5
    let steepness: Float = 12
    for (neuron, threshold, sign) in [(0, Float(0.2), Float(1)), (1, 0.7, -1)] {
      for column in 0..<Self.description.dModel {
        set("\(path).gate_proj.weight", neuron, column, 0)
        set("\(path).up_proj.weight", neuron, column, 0)
        set("\(path).down_proj.weight", column, neuron, 0)
      }
      if neuron == 1 && !isBounded { continue }
      set("\(path).gate_proj.weight", neuron, Self.refusal, steepness)
      set("\(path).gate_proj.weight", neuron, Self.constant, -steepness * threshold / size)
      set("\(path).up_proj.weight", neuron, Self.constant, 1)
      let gain: Float = isBounded ? 4.5 : 2
      set("\(path).down_proj.weight", Self.answer, neuron, sign * gain / steepness / size)
    }
  }

  /// The head reads a component into the refusal token.
  mutating func speak(_ component: Int, gain: Float = 6.5) {
    set("lm_head.weight", Int(Self.refusalToken), component, gain)
  }

  /// The same weights with a unit direction taken out of everything that is written to the stream.
  func ablated(_ unit: [Float]) -> CarryingWeights {
    var copy = self
    let width = unit.count
    for (name, shape) in shapes
    where name.hasSuffix("o_proj.weight") || name.hasSuffix("down_proj.weight") {
      guard var matrix = values[name] else { continue }
      for column in 0..<shape[1] {
        let component = (0..<width).reduce(0.0) {
          $0 + Double(unit[$1]) * Double(matrix[$1 * shape[1] + column])
        }
        for row in 0..<width {
          matrix[row * shape[1] + column] -= Float(Double(unit[row]) * component)
        }
      }
      copy.values[name] = matrix
    }
    let table = "model.embed_tokens.weight"
    if var rows = values[table] {
      for start in stride(from: 0, to: rows.count, by: width) {
        let component = (0..<width).reduce(0.0) { $0 + Double(unit[$1]) * Double(rows[start + $1]) }
        for column in 0..<width { rows[start + column] -= Float(Double(unit[column]) * component) }
      }
      copy.values[table] = rows
    }
    return copy
  }

  func shape(of name: String) -> [Int] { shapes[name] ?? [] }

  func read(_ name: String, into target: inout MutableSpan<Float>) {
    for (index, value) in (values[name] ?? []).enumerated() { target[index] = value }
  }

  func read(_ name: String, row: Int, into target: inout MutableSpan<Float>) {
    for column in target.indices {
      target[column] = values[name]?[row * target.count + column] ?? 0
    }
  }

  func announce(_ name: String) {}
  func release(_ name: String) {}

  func decoder() throws -> Decoder {
    try Decoder(
      Self.description, source: self, includingHead: true, precision: .f32, keptLayers: nil,
      threads: 1)
  }
}

/// Pairs of prompts with and without the marker, of one length each, behind which the same three tokens stand.
struct CarryingPairs {
  let tokens: [TokenizedPrompt]
  let prompts: [ProbePrompt]
  let parts: [PromptPart]
  static let tail: [Int32] = [1, 2, 3]

  init(count: Int, seed: UInt64) {
    var numbers = SplitMix64(seed: seed &+ 1000)
    var tokens: [TokenizedPrompt] = []
    var prompts: [ProbePrompt] = []
    var parts: [PromptPart] = []
    for pair in 0..<count {
      let length = Int.random(in: 5...8, using: &numbers)
      for label in [1, 0] {
        let range: Range<Int32> = label == 1 ? 10..<30 : 30..<50
        let ids = (0..<length).map { _ in Int32.random(in: range, using: &numbers) }
        tokens.append(
          TokenizedPrompt(
            ids: ids + Self.tail,
            roles: ids.map { _ in .user } + Self.tail.map { _ in .tail }))
        prompts.append(
          ProbePrompt(
            label: label, group: ByteString("group \(pair / 4)"), pair: ByteString("pair \(pair)")))
        parts.append([.train, .train, .dev, .test][pair / 4 % 4])
      }
    }
    self.tokens = tokens
    self.prompts = prompts
    self.parts = parts
  }

  func checks(_ decoder: Decoder, threads: Int = 2, seed: UInt64 = 0) throws -> ModelChecks {
    try ModelChecks(tokens, prompts, decoder: decoder, threads: threads, seed: seed)
  }

  /// The pairs of all parts.
  var pairs: [PatchPair] {
    stride(from: 0, to: tokens.count, by: 2).map {
      PatchPair(refused: tokens[$0], answered: tokens[$0 + 1])
    }
  }
}
