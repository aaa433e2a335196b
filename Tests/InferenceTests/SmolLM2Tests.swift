import Foundation
import Inference
import Kernels
import ModelFiles
import TestSupport
import Testing

/// The default model against transformers, which ran the same dequantized weights in float32.
@Suite("SmolLM2-135M-Instruct")
struct SmolLM2Tests {
  @Test("matches transformers: last-position residual stream of all blocks, arg-max everywhere")
  func matchesTransformers() throws {
    let decoder = try Decoder(Checkpoint(path: Goldens.defaultModel), threads: 2)
    let golden = try GoldenTensors("smollm2/golden.safetensors")
    let expected = try golden.floats("resid_post")
    let (layerCount, dModel) = (decoder.description.layerCount, decoder.description.dModel)
    let sites = (0..<layerCount).map { HookSite(.residPost, layer: $0) }
    let promptCount = expected.count / (layerCount * dModel)
    #expect(promptCount >= 10)

    setProductThreads(2)
    var space = DecoderWorkspace(for: decoder.description)
    for prompt in 0..<promptCount {
      var batch = TokenBatch()
      batch.append(try golden.integers("prompt\(prompt)/ids"))
      let capture = ActivationCapture(sites: sites, rows: batch.lastRows)
      try decoder.forward(
        batch, hooks: HookTable([capture], for: decoder.description), logits: .all, &space)
      for (layer, site) in sites.enumerated() {
        let start = (prompt * layerCount + layer) * dModel
        let error = relativeRMS(capture[site], Array(expected[start..<start + dModel]))
        #expect(
          error <= Tolerance.decoder.share,
          "\(site.name) of prompt \(prompt) departs by \(error) of its RMS")
      }
      let found = (0..<batch.tokens.count).map { row -> Int32 in
        let logits = space.logits[rows: row..<row + 1]
        return Int32(logits.indices.reduce(0) { logits[$1] > logits[$0] ? $1 : $0 })
      }
      #expect(try found == golden.integers("prompt\(prompt)/logits.argmax"), "prompt \(prompt)")
    }
    setProductThreads(1)
  }
}
