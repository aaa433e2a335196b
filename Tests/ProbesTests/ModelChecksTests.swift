import Activations
import Inference
import Kernels
import ModelFiles
import Probes
import TestSupport
import Testing
import Tokenization

/// Prompts of random tokens, labels in turn, each group of four prompts.
struct CheckedPrompts {
  let tokens: [TokenizedPrompt]
  let prompts: [ProbePrompt]

  init(count: Int, seed: UInt64, labelOf: (Int) -> Int = { $0 % 2 }) {
    tokens = TokenizedPrompt.random(count: count, seed: seed)
    prompts = (0..<count).map {
      ProbePrompt(label: labelOf($0), group: ByteString("group \($0 / 4)"))
    }
  }

  func checks(_ decoder: Decoder, threads: Int = 2, seed: UInt64 = 0) throws -> ModelChecks {
    try ModelChecks(tokens, prompts, decoder: decoder, threads: threads, seed: seed)
  }
}

func tinyDecoder(_ model: String, precision: Precision = .f32) throws -> Decoder {
  try Decoder(
    Checkpoint(path: Goldens.path("models/\(model)")), precision: precision, threads: 2)
}

/// An opening of refusals with given tokens and nothing before them.
func opening(_ ids: [Int32], prefix: [Int32] = []) throws -> RefusalOpening {
  let replies = ids.flatMap { id in
    (0..<RefusalOpening.leastRefusals).map { index in
      LabeledReply(
        label: 1, ids: prefix + [id, Int32(200 + index)], isRefusal: true, isTruncated: false)
    }
  }
  // One more reply parts from the others right after the prefix.
  let answer = LabeledReply(
    label: 0, ids: prefix + [250, 1], isRefusal: false, isTruncated: false)
  let tokens = try #require(RefusalTokens(refusalFirstTokens: [0], harmlessFirstTokens: []))
  return RefusalOpening(replies + [answer], maxTokens: 24, rules: .general, fallback: tokens)
}

@Suite("Model checks")
struct ModelChecksTests {
  @Test(
    "give every prompt the refusal log-odds that it has alone", arguments: ["llama-tied", "qwen3"],
    Precision.allCases)
  func logOdds(model: String, precision: Precision) throws {
    let decoder = try tinyDecoder(model, precision: precision)
    let prompts = CheckedPrompts(count: 40, seed: 1)
    for prefix in [[], [7, 9]] as [[Int32]] {
      let opening = try opening([5, 100], prefix: prefix)
      #expect(opening.tokens.ids == [5, 100])
      #expect(opening.prefix == prefix)
      let generator = Generator(decoder: decoder, endOfSequence: [])
      let alone = try prompts.tokens.map {
        try generator.refusalLogOdds(TokenizedPrompt($0.ids + prefix), opening.tokens)
      }
      for threads in [1, 3] {
        #expect(try prompts.checks(decoder, threads: threads).refusalLogOdds(opening) == alone)
      }
    }
  }

  @Test("average the embeddings of the user's tokens")
  func embeddingMeans() throws {
    let decoder = try tinyDecoder("llama-tied")
    let width = decoder.description.dModel
    let table = try GoldenTensors("models/llama-tied/model.safetensors")
      .floats("model.embed_tokens.weight")
    let roles: [PositionRole] = [.beginningOfSequence, .user, .user, .tail]
    let ids: [[Int32]] = [[1, 40, 41, 9], [1, 40, 200, 9], [1, 3, 3, 9]]
    let checks = try ModelChecks(
      ids.map { TokenizedPrompt(ids: $0, roles: roles) },
      ids.map { _ in ProbePrompt(label: 0) }, decoder: decoder, threads: 2, seed: 0)
    let found = try #require(try checks.embeddingMeans())
    var expected: [Float] = []
    for ids in ids {
      let rows = ids[1...2].map { table[Int($0) * width..<Int($0 + 1) * width].map(Double.init) }
      expected += zip(rows[0], rows[1]).map { Float(($0 + $1) / 2) }
    }
    #expect(found == expected)

    let silent = try ModelChecks(
      [TokenizedPrompt(ids: [1, 2], roles: [.template, .tail])], [ProbePrompt(label: 0)],
      decoder: decoder, threads: 2, seed: 0)
    #expect(try silent.embeddingMeans() == nil)
  }

  @Test(
    "read an untrained model where the probe reads",
    arguments: [("resid_post", 0, "last"), ("attn.z", 1, "mean"), ("mlp_out", 1, "user.last")])
  func untrained(site: String, layer: Int, position: String) throws {
    let decoder = try tinyDecoder("qwen3")
    let description = decoder.description
    let prompts = CheckedPrompts(count: 12, seed: 2)
    let kind = try #require(SiteKind(rawValue: site))
    let width = try #require(kind.width(in: description))
    let cell = ProbeCell(site: site, layer: layer, position: position, width: width)
    func vectors(seed: UInt64, threads: Int) throws -> [Float] {
      try prompts.checks(decoder, threads: threads, seed: seed)
        .untrainedVectors(at: cell, precision: .f32)
    }
    let found = try vectors(seed: 6, threads: 2)
    #expect(try vectors(seed: 6, threads: 1) == found)
    #expect(try vectors(seed: 7, threads: 2) != found)
    #expect(found.allSatisfy { $0.isFinite })

    let twin = try Decoder(untrained: description, seed: 6, threads: 1)
    let selector = try PositionSelector(position)
    for (index, prompt) in prompts.tokens.enumerated() {
      let place = HookSite(kind, layer: layer)
      func rows(_ decoder: Decoder) throws -> [Float] {
        let positions = try selector.positions(in: prompt)
        let capture = ActivationCapture(sites: [place], rows: positions)
        var space = DecoderWorkspace(for: description)
        try decoder.forward(
          TokenBatch([prompt]), hooks: HookTable([capture], for: description), &space)
        return (0..<width).map { column in
          Float(
            positions.indices.reduce(0.0) { $0 + Double(capture[place][$1 * width + column]) }
              / Double(positions.count))
        }
      }
      let row = Array(found[index * width..<(index + 1) * width])
      #expect(try row == rows(twin))
      #expect(try row != rows(decoder))
    }
  }

  @Test("refuse a place that the model has not")
  func noSuchPlace() throws {
    let prompts = CheckedPrompts(count: 4, seed: 2)
    let checks = try prompts.checks(tinyDecoder("qwen3"))
    for cell in [
      ProbeCell(site: "resid_post", layer: 2, position: "last", width: 32),
      ProbeCell(site: "resid_post", layer: 0, position: "last", width: 31),
      ProbeCell(site: "attn.pattern", layer: 0, position: "last", width: 32),
    ] {
      #expect(throws: ProbeError.noSuchPlace(path: "the report", cell: cell.name)) {
        try checks.untrainedVectors(at: cell, precision: .f32)
      }
    }
  }

  @Test("draw from groups in turn")
  func sample() throws {
    let decoder = try tinyDecoder("qwen3")
    // Groups of four prompts, and one of twenty.
    let tokens = TokenizedPrompt.random(count: 44, seed: 3)
    let prompts = (0..<44).map {
      ProbePrompt(label: $0 % 2, group: ByteString($0 < 24 ? "group \($0 / 4)" : "large"))
    }
    func sample(_ count: Int, seed: UInt64 = 0) throws -> [Int] {
      try ModelChecks(tokens, prompts, decoder: decoder, threads: 1, seed: seed)
        .sample(ofClass: 1, count: count, stream: .replies)
    }
    let drawn = try sample(14)
    #expect(drawn.count == 14)
    #expect(drawn == drawn.sorted())
    #expect(drawn.allSatisfy { prompts[$0].label == 1 })
    // Seven groups, two prompts of each.
    #expect(Dictionary(grouping: drawn) { prompts[$0].group }.values.allSatisfy { $0.count == 2 })
    #expect(try sample(14) == drawn)
    #expect(try sample(14, seed: 1) != drawn)
    #expect(try sample(100).count == 22)
  }

  @Test("take prompts from the store they were read from, and from no other model's")
  func store() throws {
    let decoder = try tinyDecoder("qwen3")
    try StoreDatasetTests.withStore { store in
      let stored = try StoredProbeDataset(store, ProbeSelection())
      let checks = try ModelChecks(
        stored, of: store, decoder: decoder, modelDigest: "model", threads: 1, seed: 0)
      #expect(checks.tokens.count == 5)
      for (prompt, tokens) in zip(stored.storedPrompts, checks.tokens) {
        let range = store.tokens.offsets[prompt]..<store.tokens.offsets[prompt + 1]
        #expect(tokens.ids == Array(store.tokens.ids[range]))
        #expect(tokens.roles.map(\.rawValue) == Array(store.tokens.roles[range]))
      }
      #expect(
        throws: ModelCheckError.otherModel(
          path: store.path, what: "model", found: "model", expected: "another")
      ) {
        try ModelChecks(
          stored, of: store, decoder: decoder, modelDigest: "another", threads: 1, seed: 0)
      }
      #expect(
        throws: ModelCheckError.otherModel(
          path: store.path, what: "adapter", found: "none", expected: "another")
      ) {
        try ModelChecks(
          stored, of: store, decoder: decoder, modelDigest: "model", adapterDigest: "another",
          threads: 1, seed: 0)
      }
      var description = decoder.description
      description.vocabularySize = 30
      let small = try Decoder(untrained: description, seed: 0, threads: 1)
      #expect(
        throws: ModelCheckError.token(
          path: store.path, prompt: 5, found: 30, vocabularySize: 30)
      ) {
        try ModelChecks(
          stored, of: store, decoder: small, modelDigest: "model", threads: 1, seed: 0)
      }
    }
  }
}
