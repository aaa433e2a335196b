import Inference
import Kernels
import ModelFiles
import Probes
import TestSupport
import Testing
import Tokenization

@Suite("Landscape of weights")
struct LandscapeTests {
  static func model(_ name: String) throws -> AdaptedModel {
    try AdaptedModel(Checkpoint(path: Goldens.path("models/\(name)")))
  }

  /// The values of a source's tensors.
  static func values(_ source: any WeightSource, _ name: String) throws -> [Float] {
    try source.matrix(name).values
  }

  @Test("a thousand components of a direction are the same for good")
  func hash() {
    let names = ["model.embed_tokens.weight", "model.layers.3.mlp.down_proj.weight"]
    var bytes: [UInt8] = []
    for name in names {
      var components = WeightDirection(seed: 7).components(of: name, from: 0)
      for _ in 0..<500 {
        let bits = components.next().bitPattern
        bytes += (0..<4).map { UInt8(truncatingIfNeeded: bits >> (8 * UInt32($0))) }
      }
    }
    #expect(
      Digest.sha256(of: bytes)
        == "8f2c937724c2e454ce46f3d02e890320363dea29fa3e1511c8729786d17b867f")
  }

  @Test("a component is the same wherever one begins to ask, and of another tensor another")
  func counters() {
    let direction = WeightDirection(seed: 1)
    var whole = direction.components(of: "a", from: 0)
    let expected = (0..<40).map { _ in whole.next() }
    for first in [0, 1, 2, 7, 39] {
      var rest = direction.components(of: "a", from: first)
      #expect((first..<40).map { _ in rest.next() } == Array(expected[first...]))
    }
    var other = direction.components(of: "b", from: 0)
    #expect((0..<40).map { _ in other.next() } != expected)
    var another = WeightDirection(seed: 2).components(of: "a", from: 0)
    #expect((0..<40).map { _ in another.next() } != expected)
    let mean = expected.reduce(0, +) / 40
    #expect(abs(mean) < 0.6)
  }

  @Test(
    "a move by nothing is the model, bit for bit",
    arguments: ["llama-tied", "qwen3", "qwen2-untied"])
  func zero(name: String) throws {
    let model = try Self.model(name)
    let decoder = try Decoder(model, threads: 2)
    let direction = WeightDirection(seed: 3)
    let lengths = try DisturbedWeights.Lengths(
      direction, model.weights, for: decoder.description, threads: 2)
    let moved = try Decoder(
      model, along: direction, lengths, by: 0, precision: .f32, threads: 2)
    let expected = try Self.logits(decoder)
    #expect(try Self.logits(moved) == expected)
    let far = try Decoder(
      model, along: direction, lengths, by: 0.1, precision: .f32, threads: 2)
    #expect(try Self.logits(far) != expected)
  }

  /// All logits of a few prompts.
  static func logits(_ decoder: Decoder) throws -> [Float] {
    var space = DecoderWorkspace(for: decoder.description)
    let batch = TokenBatch(TokenizedPrompt.random(count: 3, seed: 5))
    try decoder.forward(
      batch, hooks: HookTable(for: decoder.description), logits: .all, &space)
    let rows = space.logits[rows: 0..<batch.tokens.count]
    return rows.indices.map { rows[$0] }
  }

  @Test("matrices of a direction are as long as the model's, and vectors have no part in it")
  func lengths() throws {
    let model = try Self.model("llama-biased")
    let description = DecoderDescription(model.checkpoint.configuration)
    let direction = WeightDirection(seed: 3)
    let lengths = try DisturbedWeights.Lengths(
      direction, model.weights, for: description, threads: 2)
    let moved = DisturbedWeights(model.weights, along: direction, lengths, by: 1)
    func norm(_ values: [Float]) -> Double {
      values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    }
    for (path, _) in description.linearModules {
      let name = "\(path).weight"
      let (before, after) = (
        try Self.values(model.weights, name), try Self.values(moved, name)
      )
      let change = zip(before, after).map { $1 - $0 }
      expectClose(norm(change), norm(before), within: Tolerance.singlePrecision, name)
    }
    for name in ["model.norm.weight", "model.layers.0.input_layernorm.weight"] {
      let expected = try Self.values(model.weights, name)
      #expect(try Self.values(moved, name) == expected)
    }
  }

  @Test("a row read alone is the row of its matrix")
  func rows() throws {
    let model = try Self.model("llama-tied")
    let description = DecoderDescription(model.checkpoint.configuration)
    let direction = WeightDirection(seed: 3)
    let lengths = try DisturbedWeights.Lengths(
      direction, model.weights, for: description, threads: 2)
    let moved = DisturbedWeights(model.weights, along: direction, lengths, by: -0.25)
    let name = "model.embed_tokens.weight"
    let all = try Self.values(moved, name)
    let width = moved.shape(of: name)[1]
    for row in [0, 3, 41] {
      var values = [Float](repeating: 0, count: width)
      var span = values.mutableSpan
      try moved.read(name, row: row, into: &span)
      #expect(values == Array(all[row * width..<(row + 1) * width]))
    }
  }

  static func point(
    _ alpha: Double, refused: Double, overRefused: Double, isIntact: Bool = true
  ) -> LandscapePoint {
    LandscapePoint(
      alpha: alpha, refusal: 1, refusedShare: refused, overRefusal: 1,
      overRefusedShare: overRefused, auroc: 0.5, cosine: 0, loss: isIntact ? 3 : 12,
      isIntact: isIntact, replies: nil)
  }

  static func landscape(_ points: [[LandscapePoint]]) throws -> Landscape {
    Landscape(
      options: LandscapeOptions(directions: points.count, stepsPerSide: 1),
      opening: try opening([5]),
      layer: 1,
      sample: LandscapeSample(harmful: 9, lookalikes: 9, training: 9, texts: 9, tokens: 90),
      unmoved: points[0][1], directions: points, seed: 0)
  }

  @Test("a model that is broken, or refuses everything, does not count as safe")
  func degenerate() throws {
    let sound = Self.point(0, refused: 0.9, overRefused: 0.1)
    func score(_ end: LandscapePoint) throws -> Double {
      let other = LandscapePoint(
        alpha: -end.alpha, refusal: end.refusal, refusedShare: end.refusedShare,
        overRefusal: end.overRefusal, overRefusedShare: end.overRefusedShare, auroc: end.auroc,
        cosine: end.cosine, loss: end.loss, isIntact: end.isIntact, replies: nil)
      return try Self.landscape([[other, sound, end], [other, sound, end]]).score.value
    }
    let wide = try score(Self.point(0.5, refused: 0.9, overRefused: 0.1))
    let lost = try score(Self.point(0.5, refused: 0, overRefused: 0))
    expectClose(wide, 0.8, within: Tolerance.rounding)
    expectClose(lost, 0.8 / 3, within: Tolerance.rounding)
    // Refusing everything, or saying nothing any more, is worth no more than refusing nothing.
    #expect(try score(Self.point(0.5, refused: 1, overRefused: 1)) == lost)
    #expect(
      try score(Self.point(0.5, refused: 1, overRefused: 0, isIntact: false)) == lost)
  }

  @Test("the reach ends where the first model on the way is broken")
  func reach() throws {
    let broken = [false, true, true, true, true, false, true].enumerated().map { index, isIntact in
      Self.point(0.1 * Double(index - 3), refused: 1, overRefused: 0, isIntact: isIntact)
    }
    let landscape = Landscape(
      options: LandscapeOptions(directions: 1, stepsPerSide: 3), opening: try opening([5]),
      layer: 1,
      sample: LandscapeSample(harmful: 9, lookalikes: 9, training: 9, texts: 9, tokens: 90),
      unmoved: broken[3], directions: [broken], seed: 0)
    expectClose(landscape.intactReach.value, 0.15, within: Tolerance.rounding)
  }

  @Test("a landscape repeats, whatever the threads, and holds the model as it is in its middle")
  func repeats() throws {
    let model = try Self.model("llama-tied")
    let decoder = try Decoder(model, threads: 2)
    let prompts = CheckedPrompts(count: 80, seed: 1)
    let parts: [PromptPart] = (0..<80).map { [.train, .train, .dev, .test][$0 / 4 % 4] }
    let options = LandscapeOptions(
      directions: 2, reach: 0.2, stepsPerSide: 2, repliedPrompts: 4, replyTokens: 6, draws: 50)
    let found = try [1, 3].map { threads in
      try prompts.checks(decoder, threads: threads).landscape(
        of: model, opening([5, 100]), parts: parts, precision: .f32,
        tokenizer: Tokenizer(Checkpoint(path: Goldens.defaultModel).tokenizer), endOfSequence: [],
        options)
    }
    #expect(found[0] == found[1])
    let landscape = found[0]
    #expect(landscape.curve.map(\.alpha) == [-0.2, -0.1, 0, 0.1, 0.2])
    #expect(landscape.directions.allSatisfy { $0[2] == landscape.unmoved })
    #expect(landscape.unmoved.isIntact)
    #expect(landscape.unmoved.cosine.map { abs($0 - 1) < 1e-12 } == true)
    let replies = try #require(landscape.unmoved.replies)
    #expect(replies.refused + replies.answered + replies.degenerate == 4)
    #expect(landscape.directions[0][0] != landscape.directions[1][0])
  }
}
