import Inference
import Kernels
import ModelFiles
import Synchronization
import TestSupport
import Testing
import Tokenization

/// Whatever the tiles, threads and shared beginnings are, a row has the bits of its prompt computed alone.
@Suite("Layer-major pass")
struct LayerMajorPassTests {
  static let models = ["llama-tied", "mistral", "qwen2", "qwen3"]

  static let sites: [HookSite] =
    [HookSite(.embed)]
    + (0..<2).flatMap { layer in
      SiteKind.allCases.filter { $0.isPerLayer && $0.isStorable }.map { HookSite($0, layer: layer) }
    } + [HookSite(.lnFinalNormalized), HookSite(.lnFinalOut), HookSite(.logits)]

  private func decoder(
    _ model: String, precision: Precision = .f32, keptLayers: Int? = nil
  ) throws -> Decoder {
    try Decoder(
      Checkpoint(path: Goldens.path("models/\(model)")), precision: precision,
      keptLayers: keptLayers, threads: 2)
  }

  /// Each prompt by itself, in an ordinary pass.
  private func alone(_ decoder: Decoder, _ prompts: [TokenizedPrompt]) throws -> [[HookSite:
    [Float]]]
  {
    var space = DecoderWorkspace(for: decoder.description)
    return try prompts.map { prompt in
      let capture = ActivationCapture(sites: Self.sites)
      try decoder.forward(
        TokenBatch([prompt]), hooks: HookTable([capture], for: decoder.description), logits: .all,
        &space)
      return Dictionary(uniqueKeysWithValues: Self.sites.map { ($0, capture[$0]) })
    }
  }

  @Test(
    "gives every row at every site the bits of its prompt alone", arguments: models,
    Precision.allCases)
  func bitsOfRows(model: String, precision: Precision) throws {
    let decoder = try decoder(model, precision: precision)
    let streaming = try self.decoder(model, precision: precision, keptLayers: 1)
    for seed in 0..<4 {
      let prompts = TokenizedPrompt.random(count: 40, seed: UInt64(seed))
      let expected = try alone(decoder, prompts)
      for (decoder, threads, sharing) in [
        (decoder, 1, false), (decoder, 2, true), (streaming, 3, true), (streaming, 1, false),
      ] {
        let found = try RowRecorder.run(
          decoder, prompts, sites: Self.sites, threads: threads, sharing: sharing)
        for (prompt, rows) in expected.enumerated() {
          for site in Self.sites {
            let width = (rows[site]?.count ?? 0) / prompts[prompt].ids.count
            for position in prompts[prompt].ids.indices {
              let alone = rows[site]?[position * width..<(position + 1) * width]
              let same = found[prompt][position]?[site].map { $0 == alone.map(Array.init) }
              #expect(
                same == true,
                "\(site.name), prompt \(prompt), position \(position), \(threads) threads, sharing \(sharing)"
              )
              if same != true { return }
            }
          }
        }
      }
    }
  }

  @Test(
    "computes of the last block what wanted rows need, with the same bits",
    arguments: Precision.allCases)
  func wantedRows(precision: Precision) throws {
    let decoder = try decoder("qwen3", precision: precision)
    let prompts = TokenizedPrompt.random(count: 40, seed: 9)
    let expected = try alone(decoder, prompts)
    for kind in [
      SiteKind.residPre, .key, .rotatedQuery, .headOutput, .attentionOut, .mlpPre, .residPost,
    ] {
      for layer in 0..<2 {
        let site = HookSite(kind, layer: layer)
        let found = try RowRecorder.run(
          decoder, prompts, sites: [site], threads: 2, sharing: true, lastOnly: true)
        for (prompt, rows) in found.enumerated() {
          let last = prompts[prompt].ids.count - 1
          let whole = expected[prompt][site] ?? []
          let width = whole.count / (last + 1)
          #expect(
            rows[last]?[site] == Array(whole.suffix(width)), "\(site.name) of prompt \(prompt)")
        }
      }
    }
  }

  @Test("computes the token embedding alone where nobody looks further")
  func embeddingOnly() throws {
    let decoder = try decoder("qwen3")
    let prompts = TokenizedPrompt.random(count: 5, seed: 3)
    let expected = try alone(decoder, prompts)
    let site = HookSite(.embed)
    let found = try RowRecorder.run(decoder, prompts, sites: [site], threads: 2, sharing: true)
    let width = decoder.description.dModel
    for (prompt, rows) in found.enumerated() {
      for (position, sites) in rows {
        let alone = expected[prompt][site]?[position * width..<(position + 1) * width]
        #expect(sites[site] == alone.map(Array.init))
      }
    }
  }

  @Test("ends between layers when its observer wants no more")
  func stopping() throws {
    let decoder = try decoder("qwen3")
    let prompts = TokenizedPrompt.random(count: 5, seed: 3)
    let layout = PrefixLayout(prompts[...], lengths: prompts.map(\.ids.count), sharing: true)
    let recorder = RowRecorder(layout, stages: 2)
    let pass = LayerMajorPass(decoder, sites: Self.sites, threads: 2)
    #expect(try !pass.run(layout, wanted: Array(0..<layout.rowCount), observer: recorder))
    #expect(recorder.stages == [.embedding, .layer(0)])
  }
}

/// Keeps every row that a pass shows.
private final class RowRecorder: PassObserver {
  private struct State {
    var rows: [Int: [HookSite: [Float]]] = [:]
    var stages: [PassStage] = []
  }
  private let state = Mutex(State())
  private let layout: PrefixLayout
  private let stageLimit: Int
  private let sites: [HookSite]

  init(_ layout: PrefixLayout, stages: Int = .max, sites: [HookSite] = LayerMajorPassTests.sites) {
    self.layout = layout
    stageLimit = stages
    self.sites = sites
  }

  var stages: [PassStage] { state.withLock { $0.stages } }

  /// Runs prompts and gives each position's values at each site.
  static func run(
    _ decoder: Decoder, _ prompts: [TokenizedPrompt], sites: [HookSite], threads: Int,
    sharing: Bool,
    lastOnly: Bool = false
  ) throws -> [[Int: [HookSite: [Float]]]] {
    let layout = PrefixLayout(prompts[...], lengths: prompts.map(\.ids.count), sharing: sharing)
    let recorder = RowRecorder(layout, sites: sites)
    let lasts = prompts.indices.map {
      layout.row(ofSequence: $0, position: prompts[$0].ids.count - 1)
    }
    let wanted = lastOnly ? Set(lasts).sorted() : Array(0..<layout.rowCount)
    let pass = LayerMajorPass(decoder, sites: sites, threads: threads)
    #expect(try pass.run(layout, wanted: wanted, observer: recorder))
    return prompts.indices.map { prompt in
      var positions: [Int: [HookSite: [Float]]] = [:]
      for (position, row) in layout.rows(ofSequence: prompt).flatMap({ $0 }).enumerated() {
        positions[position] = recorder.state.withLock { $0.rows[row] }
      }
      return positions
    }
  }

  func hooks(rows: [Int]) -> [any ActivationHook] { [Tile(self, rows: rows)] }

  func begin(_ stage: PassStage) {}

  func end(_ stage: PassStage) -> Bool {
    state.withLock { state in
      state.stages.append(stage)
      return state.stages.count < stageLimit
    }
  }

  private final class Tile: ActivationHook {
    let sites: [HookSite]
    private let recorder: RowRecorder
    private let rows: [Int]

    init(_ recorder: RowRecorder, rows: [Int]) {
      self.recorder = recorder
      self.rows = rows
      sites = recorder.sites
    }

    func fire(at site: HookSite, _ activation: inout ActivationView, batch: TokenBatch) {
      for (index, row) in rows.enumerated() {
        var values: [Float] = []
        activation.append(row: index, to: &values)
        recorder.state.withLock { $0.rows[row, default: [:]][site] = values }
      }
    }
  }
}
