import Activations
import Foundation
import Kernels
import ModelFiles
import Probes
import Testing

@Suite("Probe dataset from a store")
struct StoreDatasetTests {
  /// Prompts of uneven length: a template token, user text, two tokens of the template's tail.
  static let userCounts = [2, 4, 1, 3, 2, 5]
  static let columns = [
    PromptColumn(name: "id", values: ["a", "b", "c", "d", "e", "f"]),
    PromptColumn(name: "label", values: ["1", "0", "", "1", "0", "1"]),
    PromptColumn(name: "group", values: ["x", "x", "y", "", "z", "z"]),
    PromptColumn(name: "pair", values: ["p", "p", "", "", "", ""]),
    PromptColumn(name: "split", values: ["train", "train", "train", "train", "train", "test"]),
    PromptColumn(name: "style", values: ["good", "bad", "bad", "good", "good", "good"]),
  ]

  static func value(row: Int, column: Int, layer: Int) -> Float {
    Float(100 * layer + 10 * row + column)
  }

  /// Writes a store whose rows are the last token, the one before it, the first of the user's and, for
  /// prompts with more than two user tokens, the mean.
  static func withStore<Value>(_ body: (ActivationStore) throws -> Value) throws -> Value {
    let lengths = userCounts.map { $0 + 3 }
    let offsets = lengths.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1) }
    let roles = userCounts.flatMap { [5] + [UInt8](repeating: 2, count: $0) + [4, 4] }
    var prompts: [Int32] = []
    var positions: [Int32] = []
    for (prompt, length) in lengths.enumerated() {
      let mean: [Int32] = userCounts[prompt] > 2 ? [-1] : []
      for position in mean + [1, Int32(length - 2), Int32(length - 1)] {
        prompts.append(Int32(prompt))
        positions.append(position)
      }
    }
    let plan = try StorePlan(
      identity: StoreIdentity(
        modelDigest: "model", tokenizerDigest: "tokenizer", templateDigest: "template",
        promptsDigest: "prompts", sites: ["resid_post"], positions: ["last"], layers: [0, 3],
        precision: .f32, storedType: .f32),
      provenance: StoreProvenance(
        toolVersion: "0", backend: "none", backendVersion: "0", instructionSet: "none"),
      shard: 0..<6,
      prompts: PromptTable(
        columns: columns,
        textDigests: (0..<6).map { String(repeating: "\($0)", count: 64) }),
      tokens: TokenTable(
        offsets: offsets, ids: (0..<(offsets.last ?? 0)).map { Int32($0) }, roles: roles),
      rows: RowTable(
        prompts: prompts, positions: positions, roles: prompts.map { _ in UInt8(4) }),
      datasets: [0, 3].map { ActivationDataset(site: "resid_post", layer: $0, width: 2) })
    return try withTemporaryFolder { folder in
      let path = folder + "/store.h5"
      let writer = try ActivationWriter(plan, path: path)
      for layer in [0, 3] {
        let values = (0..<prompts.count * 2).map {
          value(row: $0 / 2, column: $0 % 2, layer: layer)
        }
        try writer.write(values.span, site: "resid_post", layer: layer, firstRow: 0)
      }
      try writer.finish(
        RunManifest.Conditions(
          started: Date(timeIntervalSince1970: 0), host: "here", commandLine: [], threadCount: 1,
          memoryBudget: 1 << 20, sharesPrefixes: false, batchPlan: [:]))
      return try body(try ActivationStore(path: path))
    }
  }

  @Test("takes labelled prompts, their ties and the user's tokens")
  func prompts() throws {
    try Self.withStore { store in
      let stored = try StoredProbeDataset(store, ProbeSelection())
      let prompts = stored.dataset.prompts
      #expect(prompts.map(\.label) == [1, 0, 1, 0, 1])
      #expect(prompts.map { $0.group?.string } == ["x", "x", "", "z", "z"])
      #expect(prompts[0].pair == "p")
      #expect(prompts[1].textDigest == ByteString(String(repeating: "1", count: 64)))
      #expect(prompts[0].userTokens == [1, 2])
      #expect(prompts[1].userTokens == [6, 7, 8, 9])
      #expect(stored.origin.leftOut == ProbeOrigin.LeftOut(unlabeled: 1))
      #expect(stored.origin.groupColumn == "group")
      #expect(stored.origin.modelDigest == "model")
      #expect(stored.origin.identityDigest == store.identity.digest)
    }
  }

  @Test("probes the positions that every prompt has, by names that mean the same in each")
  func positions() throws {
    try Self.withStore { store in
      let stored = try StoredProbeDataset(store, ProbeSelection())
      #expect(
        stored.dataset.cells.map(\.name) == [
          "resid_post.layer_00.template.tail[-2]", "resid_post.layer_00.last",
          "resid_post.layer_03.template.tail[-2]", "resid_post.layer_03.last",
        ])
      #expect(stored.origin.unevenPositions == ["mean"])
      // Rows of prompts 0, 1, 3, 4 and 5; those with a mean have four rows, the others three.
      let last = [2, 6, 13, 16, 20]
      let found = try stored.dataset.features(stored.dataset.cells[3])
      let expected = last.flatMap { row in
        (0..<2).map { Self.value(row: row, column: $0, layer: 3) }
      }
      #expect(found == expected)
      let before = try stored.dataset.features(stored.dataset.cells[0])
      #expect(before[2] == Self.value(row: 5, column: 0, layer: 0))
    }
  }

  @Test("takes other columns, one split and one label against the rest")
  func selection() throws {
    try Self.withStore { store in
      let stored = try StoredProbeDataset(
        store,
        ProbeSelection(label: "style", positive: "good", group: "pair", split: "train"))
      #expect(stored.dataset.prompts.map(\.label) == [1, 0, 0, 1, 1])
      #expect(stored.dataset.prompts[0].group == "p")
      #expect(stored.origin.leftOut == ProbeOrigin.LeftOut(otherSplit: 1))
      #expect(stored.origin.split == "split = train")
      #expect(stored.origin.meaningOfOne == "good")
    }
  }

  /// A file with one probe on the store's vectors.
  static func saved(
    _ folder: String, model: String = "model", layer: Int = 3, position: String = "last",
    weights: [Double] = [2, -1]
  ) throws -> SavedProbes {
    let toy = RunProbesTests.planted(shift: 1, rows: 60, width: 2, layers: 1)
    var analysis = try runProbes(toy.dataset, options: ProbeOptions(draws: 10), threads: 1)
    let cell = ProbeCell(
      site: "resid_post", layer: layer, position: position, width: weights.count)
    analysis = ProbeRun(
      analysis: analysis.analysis,
      probes: [
        FittedProbe(
          cell: cell, kind: .logistic, probe: LinearProbe(weights: weights, bias: 0.5),
          outOfFoldAuroc: 0.9, penalty: 1)
      ], backend: "none")
    let path = folder + "/\(UUID().uuidString).safetensors"
    var origin = ProbeOrigin.example
    origin.modelDigest = model
    origin.adapterDigest = nil
    origin.templateDigest = "template"
    try analysis.save(from: origin, to: path, overwriting: false)
    return try SavedProbes(path: path)
  }

  @Test("scores every prompt that has the probe's position")
  func scoring() throws {
    try Self.withStore { store in
      try withTemporaryFolder { folder in
        let last = try Self.saved(folder)
        // The last row of each prompt, labelled or not; 2 x0 - x1 + 0.5 is its first value − 0.5.
        let rows = [2, 6, 9, 13, 16, 20]
        let expected = rows.map { Double(Self.value(row: $0, column: 0, layer: 3)) - 0.5 }
        #expect(try last.scores(of: last.probes[0], in: store) == expected)
        let mean = try Self.saved(folder, position: "mean")
        let found = try mean.scores(of: mean.probes[0], in: store)
        #expect(found.map { $0 == nil } == [true, false, true, false, true, false])
        let stranger = try Self.saved(folder, model: "other")
        let elsewhere = try Self.saved(folder, layer: 1)
        let unnamed = try Self.saved(folder, position: "template.tail[-6]")
        let wider = try Self.saved(folder, weights: [1, 2, 3])
        for saved in [stranger, elsewhere, unnamed, wider] {
          let error = #expect(throws: ProbeError.self) {
            try saved.scores(of: saved.probes[0], in: store)
          }
          #expect(error?.kind == .mismatch)
        }
      }
    }
  }

  @Test("refuses columns that are not there and selections that leave nothing")
  func refusals() throws {
    try Self.withStore { store in
      let names = store.prompts.columns.map(\.name)
      for selection in [
        ProbeSelection(label: "class"), ProbeSelection(group: "class"),
      ] {
        #expect(throws: ProbeError.noColumn(path: store.path, name: "class", has: names)) {
          try StoredProbeDataset(store, selection)
        }
      }
      #expect(
        throws: ProbeError.nothingSelected(
          path: store.path, prompts: 6, unlabeled: 0, notFinite: 0, otherSplit: 6)
      ) {
        try StoredProbeDataset(store, ProbeSelection(split: "dev"))
      }
    }
  }
}
