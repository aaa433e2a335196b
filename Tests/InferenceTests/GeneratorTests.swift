import Inference
import Kernels
import ModelFiles
import TestSupport
import Testing
import Tokenization

@Suite("Generation")
struct GeneratorTests {
  let decoder: Decoder

  init() throws {
    decoder = try Decoder(Checkpoint(path: Goldens.path("models/qwen2")), threads: 1)
  }

  private func prompt(_ ids: [Int32]) -> TokenizedPrompt {
    TokenizedPrompt(ids: ids, roles: Array(repeating: .user, count: ids.count))
  }

  /// Greedy decoding without a cache, from whole passes.
  private func reference(_ ids: [Int32], count: Int) throws -> [Int32] {
    var ids = ids
    let start = ids.count
    var space = DecoderWorkspace(for: decoder.description)
    for _ in 0..<count {
      var batch = TokenBatch()
      batch.append(ids)
      try decoder.forward(batch, hooks: HookTable(for: decoder.description), logits: .last, &space)
      var sampler = Sampler()
      ids.append(sampler.sample(space.logits[rows: 0..<1]))
    }
    return Array(ids[start...])
  }

  @Test("writes greedily what whole passes would choose, for several prompts at once")
  func greedy() throws {
    let prompts: [[Int32]] = [[5, 9], [100, 3, 7, 12, 60], [31]]
    let generator = Generator(decoder: decoder, endOfSequence: [])
    let replies = try generator.generate(prompts.map(prompt), maxTokens: 9, sampler: Sampler())
    for (ids, reply) in zip(prompts, replies) {
      #expect(try reply.ids == reference(ids, count: 9))
      #expect(reply.stopReason == .length)
      #expect(reply.logProbabilities.count == 9)
    }
  }

  @Test("stops at the end of the turn and leaves its token out")
  func endOfSequence() throws {
    let free = try reference([5, 9], count: 9)
    let stop = free[4]
    let generator = Generator(decoder: decoder, endOfSequence: [stop])
    let reply = try generator.generate([prompt([5, 9])], maxTokens: 9, sampler: Sampler())[0]
    #expect(reply.ids == Array(free[..<(free.firstIndex(of: stop) ?? 0)]))
    #expect(reply.stopReason == .endOfSequence)
  }

  @Test("samples the same from the same seed, and otherwise from another")
  func seeds() throws {
    let generator = Generator(decoder: decoder, endOfSequence: [])
    func ids(seed: UInt64) throws -> [Int32] {
      let sampler = Sampler(temperature: 1.5, topP: 0.95, seed: seed)
      return try generator.generate([prompt([5, 9])], maxTokens: 20, sampler: sampler)[0].ids
    }
    #expect(try ids(seed: 1) == ids(seed: 1))
    #expect(try ids(seed: 1) != ids(seed: 2))
  }

  @Test("refuses a prompt that leaves no room for the reply")
  func context() throws {
    let generator = Generator(decoder: decoder, endOfSequence: [])
    let ids = [Int32](repeating: 5, count: decoder.description.contextLength - 3)
    #expect(throws: InferenceError.self) {
      try generator.generate([prompt(ids)], maxTokens: 4, sampler: Sampler())
    }
  }

  @Test("keeps only the most likely tokens under top-p")
  func topP() {
    let logits = FloatMatrix([0, 5, 4.9, -3], width: 4)
    var sampler = Sampler(temperature: 1, topP: 0.6, seed: 3)
    let drawn = Set((0..<200).map { _ in sampler.sample(logits[rows: 0..<1]) })
    #expect(drawn == [1, 2])
    var narrow = Sampler(temperature: 1, topP: 0.4, seed: 3)
    #expect(Set((0..<50).map { _ in narrow.sample(logits[rows: 0..<1]) }) == [1])
  }
}
