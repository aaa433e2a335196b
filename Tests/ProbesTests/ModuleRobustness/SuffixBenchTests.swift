import Inference
import Kernels
import ModelFiles
import Probes
import TestSupport
import Testing
import Tokenization

/// Prompts read from a disturbed block on have the bits of whole passes.
@Suite("Prompts read from a disturbed block on")
struct SuffixBenchTests {
  /// What leaves the last block at each prompt's end, every row of it computed anew.
  private func whole(_ decoder: Decoder, _ prompts: [TokenizedPrompt]) throws -> [[Float]] {
    let site = HookSite(.residPost, layer: decoder.description.layerCount - 1)
    return try prompts.map { prompt in
      let capture = ActivationCapture(sites: [site])
      var space = DecoderWorkspace(for: decoder.description)
      try decoder.forward(
        TokenBatch([prompt]), hooks: HookTable([capture], for: decoder.description), &space)
      return Array(capture[site].suffix(decoder.description.dModel))
    }
  }

  private func rows(_ rows: SharedRows) -> [[Float]] {
    let values = floats(rows)
    return (0..<rows.count).map {
      Array(values[$0 * rows.width..<($0 + 1) * rows.width])
    }
  }

  private func replaced(
    _ members: [ModuleSet.Member], _ disturbance: ModuleDisturbance, _ weights: any WeightSource,
    for decoder: Decoder
  ) throws -> ReplacedModules {
    let modules = DisturbedModules(weights)
    return ReplacedModules(
      Dictionary(
        uniqueKeysWithValues: try members.map {
          (
            $0,
            try modules.module($0, disturbance, WeightDirection(seed: 3), for: decoder).packed
          )
        }))
  }

  @Test(
    "give the bits of whole passes, whatever is kept and on any threads",
    arguments: ["llama-tied", "mistral", "qwen2", "qwen3"], Precision.allCases)
  func bits(model: String, precision: Precision) throws {
    let checkpoint = try Checkpoint(path: Goldens.path("models/\(model)"))
    let decoder = try Decoder(checkpoint, precision: precision, threads: 2)
    // Shared beginnings, equal prompts and different lengths.
    let random = TokenizedPrompt.random(count: 20, seed: 4)
    let prompts = random + random.prefix(2)
    let noise = ModuleDisturbance(.noise, strength: 0.5)
    let layerCount = decoder.description.layerCount
    for (threads, limit) in [(1, 1 << 30), (3, 0)] {
      let bench = try SuffixBench(decoder, prompts, memoryLimit: limit, threads: threads)
      #expect(rows(bench.clean) == (try whole(decoder, prompts)))
      for layer in 0..<layerCount {
        for module in WeightModule.projections {
          let modules = try replaced(
            [ModuleSet.Member(module, layer: layer)], noise, checkpoint, for: decoder)
          let found = rows(try bench.rows(replacing: modules))
          #expect(
            found == (try whole(decoder.replacing(modules), prompts)),
            "\(module.rawValue) of block \(layer)")
          #expect(found != rows(bench.clean))
        }
      }
      let all = try replaced(
        ModuleSet([]).complement(layerCount: layerCount).members, noise, checkpoint, for: decoder)
      #expect(
        rows(try bench.rows(replacing: all)) == (try whole(decoder.replacing(all), prompts)))
      #expect(rows(bench.clean) == (try whole(decoder, prompts)), "the model itself was changed")
    }
  }

  @Test("change nothing where the strength is nothing, bit for bit, for every module and kind")
  func nothing() throws {
    let checkpoint = try Checkpoint(path: Goldens.path("models/llama-tied"))
    let decoder = try Decoder(checkpoint, threads: 2)
    let prompts = TokenizedPrompt.random(count: 12, seed: 5)
    let bench = try SuffixBench(decoder, prompts, threads: 2)
    let clean = rows(bench.clean)
    for kind in [ModuleDisturbance.Kind.noise, .shrink, .drop] {
      for member in ModuleSet([]).complement(layerCount: decoder.description.layerCount).members {
        let modules = try replaced(
          [member], ModuleDisturbance(kind, strength: 0), checkpoint, for: decoder)
        #expect(rows(try bench.rows(replacing: modules)) == clean, "\(kind) of \(member)")
      }
    }
  }

  @Test("keep no more than they may")
  func memory() {
    #expect(SuffixBench.spacing(bytesPerLayer: 10, layerCount: 30, limit: 290) == 1)
    #expect(SuffixBench.spacing(bytesPerLayer: 10, layerCount: 30, limit: 289) == 2)
    #expect(SuffixBench.spacing(bytesPerLayer: 10, layerCount: 30, limit: 0) == 30)
    #expect(SuffixBench.spacing(bytesPerLayer: 10, layerCount: 1, limit: 0) == 1)
  }
}
