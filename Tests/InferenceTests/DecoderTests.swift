import Inference
import Kernels
import ModelFiles
import TestSupport
import Testing

@Suite("Decoder")
struct DecoderTests {
  let decoder: Decoder
  let prompts: [[Int32]] = [[5], [7, 80, 12, 200, 3, 9, 41], Array(10..<33)]

  init() throws {
    decoder = try Decoder(Checkpoint(path: Goldens.path("models/qwen3")), threads: 2)
  }

  private var sites: [HookSite] {
    [
      HookSite(.residPost, layer: 1), HookSite(.headOutput, layer: 0), HookSite(.mlpPost, layer: 1),
      HookSite(.lnFinalOut),
    ]
  }

  /// Captures each prompt's rows at some sites from one pass over all of them.
  private func capture(
    _ prompts: [[Int32]], hooks: [any ActivationHook] = []
  ) throws -> [HookSite: [Float]] {
    var batch = TokenBatch()
    for prompt in prompts { batch.append(prompt) }
    let capture = ActivationCapture(sites: sites)
    var space = DecoderWorkspace(for: decoder.description)
    try decoder.forward(
      batch, hooks: HookTable(hooks + [capture], for: decoder.description), &space)
    return Dictionary(uniqueKeysWithValues: sites.map { ($0, capture[$0]) })
  }

  @Test("gives a prompt the same bits alone and in any batch")
  func batchesDoNotMatter() throws {
    let together = try capture(prompts)
    let reversed = try capture(prompts.reversed())
    for site in sites {
      let alone = try prompts.map { try capture([$0])[site] ?? [] }
      #expect(together[site] == alone.flatMap { $0 }, "\(site.name) in order")
      #expect(reversed[site] == alone.reversed().flatMap { $0 }, "\(site.name) reversed")
    }
  }

  @Test("gives the same bits with one product thread and with two")
  func threadsDoNotMatter() throws {
    setProductThreads(1)
    let one = try capture(prompts)
    setProductThreads(2)
    let two = try capture(prompts)
    setProductThreads(1)
    #expect(one == two)
  }

  @Test("gives the same bits token by token with a cache as in one pass")
  func cachedDecodingAgrees() throws {
    let prompt = prompts[2]
    let whole = try capture([prompt])
    let cache = KeyValueCache(for: decoder.description, capacity: prompt.count)
    var space = DecoderWorkspace(for: decoder.description)
    var stepwise: [HookSite: [Float]] = [:]
    for part in [prompt[0..<4], prompt[4..<5], prompt[5..<20], prompt[20..<23]] {
      var batch = TokenBatch()
      batch.append(Array(part), firstPosition: cache.count)
      let capture = ActivationCapture(sites: sites)
      try decoder.forward(
        batch, caches: [cache], hooks: HookTable([capture], for: decoder.description), &space)
      for site in sites { stepwise[site, default: []] += capture[site] }
    }
    #expect(stepwise == whole)
  }

  @Test("is not disturbed by hooks that only look, even at scores and patterns")
  func lookingChangesNothing() throws {
    let every = SiteKind.allCases.filter { $0 != .logits }.flatMap { kind in
      kind.isPerLayer
        ? (0..<decoder.description.layerCount).map { HookSite(kind, layer: $0) } : [HookSite(kind)]
    }
    let plain = try capture(prompts)
    let watched = try capture(prompts, hooks: [ActivationCapture(sites: every)])
    #expect(plain == watched)
  }

  @Test("adds up: resid_pre + attn_out + mlp_out = resid_post in every block")
  func residualIdentity() throws {
    var space = DecoderWorkspace(for: decoder.description)
    let errors = try decoder.checkResidualIdentity(tokens: prompts[1], &space)
    #expect(errors.count == decoder.description.layerCount)
  }

  @Test("reports a block whose parts do not add up")
  func brokenResidualIdentity() throws {
    // An intervention between the sites breaks the sum as a wrong model would.
    let broken = Intervention(.scale(1.5), at: .residMid, layers: [1])
    #expect(throws: InferenceError.self) {
      var space = DecoderWorkspace(for: decoder.description)
      try decoder.checkResidualIdentity(tokens: prompts[1], hooks: [broken], &space)
    }
  }
}
