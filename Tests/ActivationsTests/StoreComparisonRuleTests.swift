import Activations
import Kernels
import ModelFiles
import Testing

/// Which rows are compared, what is named, and what is refused.
@Suite("Activation store, comparison rules")
struct StoreComparisonRuleTests {
  /// Compares the fixture's store with a changed one.
  private func compare(
    _ folder: String, first: ComparedStore = ComparedStore(),
    _ change: (inout ComparedStore) -> Void
  ) throws -> StoreComparison {
    var second = ComparedStore()
    change(&second)
    return try StoreComparison(
      first.made(at: folder + "/a.h5"), second.made(at: folder + "/b.h5"), threads: 2)
  }

  @Test("lists what the captures do not share, in the order of the identity")
  func differences() throws {
    try withTemporaryFolder { folder in
      let comparison = try compare(folder) {
        $0.identity.modelDigest = "tuned"
        $0.identity.adapterDigest = "adapter"
        $0.identity.isRaw = true
        $0.identity.precision = .bf16
      }
      #expect(
        comparison.differenceTexts == [
          "model: model | tuned", "adapter: none | adapter", "raw: no | yes",
          "precision: f32 | bf16",
        ])
      #expect(comparison.datasets.allSatisfy { $0.figures?.relativeError == 0 })
    }
  }

  @Test("names what only one of them has and compares the rest")
  func onlyInOne() throws {
    try withTemporaryFolder { folder in
      let comparison = try compare(folder, first: ComparedStore(StoreFixture(layers: [0, 5]))) {
        $0 = ComparedStore(StoreFixture(layers: [5, 7]))
      }
      #expect(comparison.first.onlyHere == ["attn.z/layer_00", "resid_post/layer_00"])
      #expect(comparison.second.onlyHere == ["attn.z/layer_07", "resid_post/layer_07"])
      #expect(
        comparison.datasets.map(\.name) == ["attn.z/layer_05", "embed", "resid_post/layer_05"])
      #expect(comparison.differenceTexts == ["layers: 0, 5 | 5, 7"])
    }
  }

  @Test("leaves prompts out whose values are not finite in one of them, and counts their rows")
  func notFinite() throws {
    try withTemporaryFolder { folder in
      // Rows 2 and 3 are of prompt 1, rows 4 and 5 of prompt 2.
      var first = ComparedStore()
      first.change = { dataset, values in
        if dataset.site == "embed" { values[2 * dataset.width] = .nan }
      }
      let comparison = try compare(folder, first: first) {
        $0.change = { dataset, values in
          if dataset.layer == 5 { values[4 * dataset.width] = .infinity }
        }
      }
      let rows = StoreFixture().rows
      #expect(comparison.leftOutRowCount == 4)
      #expect(comparison.rowCount == rows.count - 4)
      #expect(comparison.promptCount == Set(rows.prompts).count - 2)
      #expect(comparison.first.nonFinitePromptCount == 1)
      #expect(comparison.second.nonFinitePromptCount == 1)
      #expect(comparison.datasets.allSatisfy { $0.figures?.relativeError == 0 })
    }
  }

  @Test("compares unfinished stores as far as both are written")
  func unfinished() throws {
    try withTemporaryFolder { folder in
      var first = ComparedStore()
      first.units = [0, 2]
      let comparison = try compare(folder, first: first) {
        $0.units = [2, 3]
        $0.change = { dataset, values in
          // Nothing outside of unit 2 may be looked at; unit 3 begins at prompt 192.
          let end = StoreFixture().rows.prompts.firstIndex { $0 >= 192 } ?? 0
          for index in end * dataset.width..<values.count { values[index] += 1 }
        }
      }
      // The prompts of unit 1 have no rows, so it is written from the start.
      #expect(comparison.comparedUnitCount == 2)
      #expect(comparison.unitCount == 4)
      #expect(comparison.first.writtenUnitCount == 3)
      #expect(comparison.second.writtenUnitCount == 3)
      #expect(comparison.rowCount == StoreFixture().rows.prompts.count { (128..<192).contains($0) })
      #expect(comparison.datasets.allSatisfy { $0.figures?.relativeError == 0 })
    }
  }

  struct Refusal: Sendable, CustomTestStringConvertible {
    let id: String
    let kind: FailureKind
    /// What the sentence says after naming the two files.
    let sentence: String
    let change: @Sendable (inout ComparedStore) -> Void
    var testDescription: String { id }

    init(
      _ id: String, _ sentence: String, kind: FailureKind = .mismatch,
      change: @escaping @Sendable (inout ComparedStore) -> Void
    ) {
      (self.id, self.sentence, self.kind, self.change) = (id, sentence, kind, change)
    }
  }

  static let refusals: [Refusal] = [
    Refusal(
      "fewer prompts",
      "the number of prompts is 200 in the first and 192 in the second; "
        + "capture the same prompts in the same order"
    ) { $0 = ComparedStore(StoreFixture(promptCount: 192)) },
    Refusal(
      "another text",
      "the text of prompt prompt-3 is of sha256 3456789abcde… in the first and of sha256 "
        + "ffffffffffff… in the second; capture the same prompts in the same order"
    ) { store in
      var digests = store.prompts.textDigests
      digests[3] = String(repeating: "f", count: 64)
      store.prompts = PromptTable(columns: store.prompts.columns, textDigests: digests)
    },
    Refusal(
      "another token",
      "token 2 of prompt prompt-1 is 35 (beginningOfSequence) in the first and 9 (beginningOfSequence) in the second; capture "
        + "with tokenizers and templates that give the same tokens"
    ) { store in
      var ids = store.tokens.ids
      ids[5] = 9
      store.tokens = TokenTable(
        offsets: store.tokens.offsets, ids: ids, roles: store.tokens.roles)
    },
    Refusal(
      "more tokens",
      "the number of tokens of prompt prompt-0 is 3 in the first and 4 in the second; capture with "
        + "tokenizers and templates that give the same tokens"
    ) { store in
      var offsets = store.tokens.offsets
      offsets[1] = 4
      store.tokens = TokenTable(offsets: offsets, ids: store.tokens.ids, roles: store.tokens.roles)
    },
    Refusal(
      "another position",
      "row 1 is position 2 (tail) of prompt prompt-0 in the first and position 1 (tail) of prompt "
        + "prompt-0 in the second; capture the same --positions"
    ) { store in
      var positions = store.rows.positions
      positions[1] = 1
      store.rows = RowTable(
        prompts: store.rows.prompts, positions: positions, roles: store.rows.roles)
    },
    Refusal(
      "fewer rows",
      "the number of rows is 242 in the first and 10 in the second; capture the same "
        + "--positions"
    ) { store in
      store.rows = RowTable(
        prompts: Array(store.rows.prompts.prefix(10)),
        positions: Array(store.rows.positions.prefix(10)),
        roles: Array(store.rows.roles.prefix(10)))
    },
    Refusal(
      "another width",
      "the width of embed is 24 in the first and 32 in the second; capture models of the same shape"
    ) { $0.datasets = [ActivationDataset(site: "embed", layer: nil, width: 32)] },
    Refusal(
      "nothing in common",
      "no site and layer is in both, the first has attn.z/layer_00, attn.z/layer_05, embed, "
        + "resid_post/layer_00, resid_post/layer_0… and the second logits; capture the same --sites "
        + "and --layers"
    ) { $0.datasets = [ActivationDataset(site: "logits", layer: nil, width: 24)] },
    Refusal(
      "nothing written",
      "no row is written in both, 4 of 4 units of 64 prompts are in the first and 1 of 4 in the "
        + "second; finish the extractions first", kind: .tryAgain
    ) { $0.units = [] },
  ]

  @Test(
    "refuses stores that are not of the same rows and says where they differ", arguments: refusals)
  func refusal(_ refusal: Refusal) throws {
    try withTemporaryFolder { folder in
      let error = #expect(throws: StoreComparisonError.self) {
        _ = try compare(folder, refusal.change)
      }
      let sentence = try #require(error).description
      let names = "\(ByteString(folder + "/a.h5")) and \(ByteString(folder + "/b.h5"))"
      #expect(
        sentence.replacing(".part", with: "")
          == "\(names) cannot be compared: \(refusal.sentence)")
      #expect(error?.kind == refusal.kind)
    }
  }

  @Test("a value that is not finite where the status says it is damages the file's word")
  func silentDamage() throws {
    try withTemporaryFolder { folder in
      let first = try ComparedStore().made(at: folder + "/a.h5")
      let second = try ComparedStore().made(at: folder + "/b.h5")
      let embed = try #require(second.datasets.firstIndex { $0.name == "embed" })
      // 0x7F in the highest byte and its neighbour's top bit make a NaN or an infinity.
      for (offset, value) in [(3, UInt8(0x7F)), (2, 0x80)] {
        let place = second.layout.bytes(of: 7..<8, in: embed).lowerBound + offset
        let byte = try StoreFixture.bytes(of: folder + "/b.h5")[place]
        try StoreFixture.flip(folder + "/b.h5", at: place, mask: byte ^ value)
      }
      let error = try storeError { try StoreComparison(first, second, threads: 2) }
      #expect(
        error.description == """
          \(folder)/b.h5: /activations/embed is not finite in row 7, expected finite there, as \
          /prompts/status says; the file is damaged or was changed by another program
          """)
    }
  }
}
