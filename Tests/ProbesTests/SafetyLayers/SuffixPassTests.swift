import Inference
import Kernels
import ModelFiles
import Probes
import Synchronization
import TestSupport
import Testing
import Tokenization

/// Ends of sequences run again have the bits of whole passes, and compute what they must alone.
@Suite("Ends of sequences run again")
struct SuffixPassTests {
  private static let positions = 4

  private func prompts(_ seed: UInt64) -> [TokenizedPrompt] {
    TokenizedPrompt.random(count: 24, seed: seed).filter { $0.ids.count >= Self.positions }
  }

  private func kept(
    _ decoder: Decoder, _ prompts: [TokenizedPrompt], positions: Int = Self.positions,
    threads: Int = 2
  ) throws -> (KeptSequences, [[Float]]) {
    let logits = Mutex([[Float]](repeating: [], count: prompts.count))
    let kept = try KeptSequences(decoder, prompts, positions: positions, threads: threads) {
      sequence, values in
      let copy = values.indices.map { values[$0] }
      logits.withLock { $0[sequence] = copy }
    }
    return (kept, logits.withLock { $0 })
  }

  private func logits(
    _ pass: SuffixPass, _ runs: [SuffixRun], from layer: Int
  ) throws -> [[Float]] {
    let logits = Mutex([[Float]](repeating: [], count: runs.count))
    try pass.run(runs, from: layer) { run, values in
      let copy = values.indices.map { values[$0] }
      logits.withLock { $0[run] = copy }
    }
    return logits.withLock { $0 }
  }

  /// Logits at the end of a prompt, every row of it computed anew.
  private func whole(
    _ decoder: Decoder, _ prompt: TokenizedPrompt, _ hooks: [any ActivationHook]
  ) throws -> [Float] {
    var space = DecoderWorkspace(for: decoder.description)
    try decoder.forward(
      TokenBatch([prompt]), hooks: HookTable(hooks, for: decoder.description), logits: .last,
      &space)
    let values = space.logits[rows: 0..<1]
    return values.indices.map { values[$0] }
  }

  @Test(
    "give the bits of whole passes with the same rows replaced",
    arguments: ["llama-tied", "mistral", "qwen2", "qwen3"], Precision.allCases)
  func bits(model: String, precision: Precision) throws {
    let decoder = try tinyDecoder(model, precision: precision)
    let prompts = prompts(3)
    let (kept, base) = try kept(decoder, prompts)
    for (prompt, logits) in zip(prompts, base) {
      #expect(try whole(decoder, prompt, []) == logits)
    }
    for threads in [1, 2] {
      let pass = SuffixPass(decoder, kept, threads: threads)
      for layer in 0..<decoder.description.layerCount {
        var runs: [SuffixRun] = []
        var expected: [[Float]] = []
        for (sequence, prompt) in prompts.enumerated() {
          for (kind, offset) in zip(KeptSequences.kinds, [-4, -1, -3]) {
            let values = randomValues(decoder.description.dModel, seed: UInt64(runs.count))
            runs.append(
              SuffixRun(
                sequence: sequence, [.init(kind, offset: offset, values: values)]))
            expected.append(
              try whole(
                decoder, prompt,
                [
                  WholeReplacement(
                    HookSite(kind, layer: layer), row: prompt.ids.count + offset, values)
                ]))
          }
        }
        #expect(try logits(pass, runs, from: layer) == expected, "layer \(layer)")
      }
    }
  }

  @Test("change nothing where a row is replaced by itself")
  func ownValues() throws {
    let decoder = try tinyDecoder("qwen3")
    let prompts = prompts(4)
    let (kept, base) = try kept(decoder, prompts)
    let pass = SuffixPass(decoder, kept, threads: 2)
    for layer in 0..<decoder.description.layerCount {
      for kind in KeptSequences.kinds {
        for offset in -Self.positions..<0 {
          let runs = prompts.indices.map { sequence in
            SuffixRun(
              sequence: sequence,
              [
                .init(
                  kind, offset: offset,
                  values: kept.row(kind, layer: layer, sequence: sequence, offset: offset))
              ])
          }
          #expect(try logits(pass, runs, from: layer) == base)
        }
      }
    }
  }

  @Test("make one prompt the other where everything that enters is replaced")
  func everything() throws {
    let decoder = try tinyDecoder("llama-tied")
    var numbers = SplitMix64(seed: 8)
    let prompts = (0..<12).map { _ in
      TokenizedPrompt((0..<9).map { _ in Int32.random(in: 0..<200, using: &numbers) })
    }
    let (kept, base) = try kept(decoder, prompts, positions: 9)
    let runs = prompts.indices.map { sequence in
      SuffixRun(
        sequence: sequence,
        (-9..<0).map { offset in
          .init(
            .residPre, offset: offset,
            values: kept.row(.residPre, layer: 0, sequence: sequence ^ 1, offset: offset))
        })
    }
    let found = try logits(SuffixPass(decoder, kept, threads: 2), runs, from: 0)
    #expect(found == prompts.indices.map { base[$0 ^ 1] })
  }

  @Test("do not depend on how many there are at a time")
  func manyRuns() throws {
    let decoder = try tinyDecoder("llama-tied")
    let prompts = prompts(5)
    let (kept, _) = try kept(decoder, prompts)
    let pass = SuffixPass(decoder, kept, threads: 2)
    let runs = (0..<1200).map { index in
      SuffixRun(
        sequence: index % prompts.count,
        [
          .init(
            .mlpOut, offset: -4,
            values: randomValues(decoder.description.dModel, seed: UInt64(index % 40)))
        ])
    }
    let together = try logits(pass, runs, from: 1)
    let alone = try logits(pass, Array(runs[1190...]), from: 1)
    #expect(Array(together[1190...]) == alone)
  }

  /// Whole runs have a batch of all prompts; ends are measured at every fifth layer, all sites and positions.
  @Test("are at least five times as fast as whole runs of SmolLM2")
  func speed() throws {
    let decoder = try Decoder(Checkpoint(path: Goldens.defaultModel), threads: 1)
    let (layerCount, width) = (decoder.description.layerCount, decoder.description.dModel)
    var numbers = SplitMix64(seed: 6)
    let prompts = [48, 52, 56, 60].map { count in
      TokenizedPrompt((0..<count).map { _ in Int32.random(in: 0..<49_000, using: &numbers) })
    }
    let (kept, _) = try kept(decoder, prompts, positions: 6, threads: 1)
    let values = randomValues(width, seed: 7)
    let layers = Array(stride(from: 2, to: layerCount, by: 5))
    setProductThreads(1)

    let pass = SuffixPass(decoder, kept, threads: 1)
    let runs = KeptSequences.kinds.flatMap { kind in
      (-6..<0).flatMap { offset in
        prompts.indices.map {
          SuffixRun(sequence: $0, [.init(kind, offset: offset, values: values)])
        }
      }
    }
    let ends = try ContinuousClock().measure {
      for layer in layers { _ = try logits(pass, runs, from: layer) }
    }

    let batch = TokenBatch(prompts)
    var space = DecoderWorkspace(for: decoder.description)
    let whole = try ContinuousClock().measure {
      for layer in layers {
        let hooks = batch.lastRows.map {
          WholeReplacement(HookSite(.attentionOut, layer: layer), row: $0, values)
        }
        try decoder.forward(
          batch, hooks: HookTable(hooks, for: decoder.description), logits: .last, &space)
      }
    }
    let ratio = (whole / prompts.count) / (ends / runs.count)
    #expect(ratio >= 5, "\(ratio) times as fast")
  }
}

/// Replaces one row of a site in a pass over a whole prompt.
final class WholeReplacement: ActivationHook {
  let sites: [HookSite]
  private let row: Int
  private let values: [Float]

  init(_ site: HookSite, row: Int, _ values: [Float]) {
    sites = [site]
    self.row = row
    self.values = values
  }

  func fire(at site: HookSite, _ activation: inout ActivationView, batch: TokenBatch) {
    for column in values.indices {
      activation.values[row * activation.width + column] = values[column]
    }
  }
}
