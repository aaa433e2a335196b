import Inference
import Kernels
import ModelFiles
import TestSupport
import Testing
import Tokenization

@Suite("Untrained decoder")
struct UntrainedDecoderTests {
  static let sites = [
    HookSite(.embed), HookSite(.ln1Normalized, layer: 0), HookSite(.ln1Out, layer: 0),
    HookSite(.query, layer: 0), HookSite(.residPost, layer: 1), HookSite(.logits),
  ]

  let description: DecoderDescription

  init() throws {
    description = DecoderDescription(
      try Checkpoint(path: Goldens.path("models/llama-biased")).configuration)
  }

  /// What the sites hold for a prompt of all tokens that fit.
  private func values(_ decoder: Decoder) throws -> [HookSite: [Float]] {
    let batch = TokenBatch([TokenizedPrompt((0..<100).map { Int32(2 * $0) })])
    let capture = ActivationCapture(sites: Self.sites)
    var space = DecoderWorkspace(for: description)
    try decoder.forward(
      batch, hooks: HookTable([capture], for: description), logits: .all, &space)
    return Dictionary(uniqueKeysWithValues: Self.sites.map { ($0, capture[$0]) })
  }

  @Test("has the same bits for a seed, however many blocks and threads, and others for another")
  func determinism() throws {
    let first = try values(Decoder(untrained: description, seed: 3, threads: 1))
    let streamed = try values(Decoder(untrained: description, seed: 3, keptLayers: 0, threads: 3))
    let other = try values(Decoder(untrained: description, seed: 4, threads: 1))
    for site in Self.sites {
      #expect(first[site] == streamed[site], "\(site.name)")
      #expect(first[site] != other[site], "\(site.name)")
      #expect(first[site]?.allSatisfy(\.isFinite) == true, "\(site.name)")
    }
  }

  @Test("starts from normal matrices, norms of one and no biases")
  func distribution() throws {
    let found = try values(Decoder(untrained: description, seed: 5, threads: 2))
    let embeddings = found[HookSite(.embed)] ?? []
    let count = Double(embeddings.count)
    let mean = embeddings.reduce(0.0) { $0 + Double($1) } / count
    // Five standard errors of each.
    #expect(abs(mean) < 5 * 0.02 / count.squareRoot())
    #expect(abs(rms(embeddings) / 0.02 - 1) < 5 / (2 * count).squareRoot())
    #expect(embeddings.max().map { $0 > 0.05 } == true, "no tails")
    #expect(
      found[HookSite(.ln1Out, layer: 0)] == found[HookSite(.ln1Normalized, layer: 0)])
    // Rows through weights of standard deviation 0.02, without a bias.
    let queries = rms(found[HookSite(.query, layer: 0)] ?? [])
    let inputs = rms(found[HookSite(.ln1Out, layer: 0)] ?? [])
    #expect(abs(queries / (0.02 * Double(description.dModel).squareRoot() * inputs) - 1) < 0.05)
  }

  private func rms(_ values: [Float]) -> Double {
    (values.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(values.count)).squareRoot()
  }
}
