import Activations
import ModelFiles
import TestSupport
import Testing

@Suite("Activation store, comparison")
struct StoreComparisonTests {
  /// Two stores of two rows by two values, padded with zeros, at the site without a layer.
  private func byHand(
    _ folder: String, _ first: [[Float]], _ second: [[Float]]
  ) throws -> DatasetComparison.Figures {
    let stores = try [("a", first), ("b", second)].map { name, rows in
      var store = ComparedStore(StoreFixture(promptCount: 1, layers: []))
      store.change = { dataset, values in
        values = rows.flatMap { $0 + Array(repeating: 0, count: dataset.width - $0.count) }
      }
      return try store.made(at: "\(folder)/\(name).h5")
    }
    let comparison = try StoreComparison(stores[0], stores[1], threads: 1)
    return try #require(comparison.datasets.first?.figures)
  }

  @Test("gives the figures of a reckoning by hand")
  func reckoning() throws {
    try withTemporaryFolder { folder in
      let figures = try byHand(folder, [[3, 4], [6, 8]], [[4, 3], [6, 8]])
      #expect(figures.meanCosine == (0.96 + 1) / 2)
      #expect(figures.relativeError == (2.0 / 125).squareRoot())
      // A mean comes before the positions.
      #expect(figures.worstCosine.value == 0.96)
      #expect(figures.worstError.value == (2.0 / 25).squareRoot())
      for worst in [figures.worstCosine, figures.worstError] {
        #expect(worst.row == 0)
        #expect(worst.prompt == "prompt-0")
        #expect(worst.position == -1)
      }
    }
  }

  @Test("opposite rows have cosine -1, and rows of zeros no error among themselves")
  func signsAndZeros() throws {
    try withTemporaryFolder { folder in
      let opposite = try byHand(folder, [[3, 4], [0, 0]], [[-3, -4], [0, 0]])
      #expect(opposite.worstCosine.value == -1)
      #expect(opposite.meanCosine == 0)
      #expect(opposite.relativeError == 2)
    }
    try withTemporaryFolder { folder in
      let appeared = try byHand(folder, [[0, 0], [3, 4]], [[1, 0], [3, 4]])
      #expect(appeared.worstCosine.value == 0)
      #expect(appeared.worstError.row == 0)
      #expect(appeared.worstError.value == nil)
      #expect(appeared.relativeError == (1.0 / 25).squareRoot())
    }
    try withTemporaryFolder { folder in
      let nothing = try byHand(folder, [[0, 0], [0, 0]], [[1, 0], [0, 0]])
      #expect(nothing.relativeError == nil)
    }
  }

  @Test("equal stores have cosine 1 and error 0, not a bit less", arguments: StoredType.allCases)
  func equal(type: StoredType) throws {
    try withTemporaryFolder { folder in
      let fixture = StoreFixture(storedType: type)
      let stores = try ["a", "b"].map { try ComparedStore(fixture).made(at: "\(folder)/\($0).h5") }
      let comparison = try StoreComparison(stores[0], stores[1], threads: 2)
      #expect(comparison.differences.isEmpty)
      #expect(comparison.rowCount == fixture.rows.count)
      #expect(comparison.promptCount == Set(fixture.rows.prompts).count)
      #expect(comparison.datasets.map(\.name) == stores[0].datasets.map(\.name))
      for dataset in comparison.datasets {
        let figures = try #require(dataset.figures)
        #expect(figures.meanCosine == 1)
        #expect(figures.worstCosine.value == 1)
        #expect(figures.relativeError == 0)
        #expect(figures.worstError.value == 0)
      }
    }
  }

  @Test("names the row that was changed, and leaves the other sites alone", arguments: [1, 3])
  func plantedDifference(threads: Int) throws {
    try withTemporaryFolder { folder in
      let fixture = StoreFixture()
      let first = try ComparedStore(fixture).made(at: folder + "/a.h5")
      var other = ComparedStore(fixture)
      other.change = { dataset, values in
        if dataset.name == "attn.z/layer_05" { values[101 * dataset.width + 3] += 1 }
      }
      let comparison = try StoreComparison(
        first, other.made(at: folder + "/b.h5"), threads: threads)
      for dataset in comparison.datasets {
        let figures = try #require(dataset.figures)
        guard dataset.name == "attn.z/layer_05" else {
          #expect(figures.relativeError == 0)
          continue
        }
        let prompt = fixture.rows.prompts[101]
        #expect(figures.worstError.row == 101)
        #expect(figures.worstError.prompt == "prompt-\(prompt)")
        #expect(figures.worstError.position == Int(fixture.rows.positions[101]))
        #expect(figures.worstCosine.row == 101)
      }
    }
  }

  @Test("finds the rounding error of 16-bit stores", arguments: [StoredType.f16, .bf16])
  func rounding(type: StoredType) throws {
    try withTemporaryFolder { folder in
      let fixture = StoreFixture()
      let first = try ComparedStore(fixture).made(at: folder + "/a.h5")
      let second = try ComparedStore(StoreFixture(storedType: type)).made(at: folder + "/b.h5")
      let comparison = try StoreComparison(first, second, threads: 2)
      #expect(
        comparison.differenceTexts == ["stored type: f32 | \(type)"]
      )
      for (dataset, result) in zip(first.datasets, comparison.datasets) {
        let values = fixture.values(of: dataset, rows: 0..<fixture.rows.count)
        let rounded = values.map(StoreFixture(storedType: type).stored)
        let figures = try #require(result.figures)
        let error = try #require(figures.relativeError)
        expectClose([Float(error)], [relativeRMS(rounded, values)], .kernel, dataset.name)
        // Rounding to p significant bits is off by 2^-p of a value at most, and in the mean not by
        // much less.
        let most = type == .f16 ? 0x1p-11 : 0x1p-8
        #expect(error > most / 4 && error < most)
      }
    }
  }
}
