import Activations
import Foundation
import ModelFiles
import Testing

@Suite("Activation store, round trip")
struct StoreRoundTripTests {
  @Test(
    "gives back every value, rounded to the stored type and not a bit further",
    arguments: StoredType.allCases)
  func values(type: StoredType) throws {
    try withTemporaryFolder { folder in
      let fixture = StoreFixture(storedType: type)
      try fixture.store(at: folder + "/a.h5")
      let store = try ActivationStore(path: folder + "/a.h5")
      for dataset in fixture.datasets {
        let rows = 3..<fixture.rows.count - 2
        let found = try store.values(site: dataset.site, layer: dataset.layer, rows: rows)
        let expected = fixture.values(of: dataset, rows: rows).map(fixture.stored)
        #expect(found.map(\.bitPattern) == expected.map(\.bitPattern))
      }
    }
  }

  @Test("gives back what is known of prompts, tokens and rows", arguments: [false, true])
  func tables(storesText: Bool) throws {
    try withTemporaryFolder { folder in
      let fixture = StoreFixture(storesText: storesText)
      try fixture.store(at: folder + "/a.h5")
      let store = try ActivationStore(path: folder + "/a.h5")
      #expect(store.identity == fixture.identity)
      #expect(store.provenance == StoreFixture.provenance)
      #expect(store.shard == 128..<328)
      #expect(Set(store.prompts.columns.map(\.name)) == Set(fixture.prompts.columns.map(\.name)))
      for column in fixture.prompts.columns {
        let found = try #require(store.prompts.columns.first { $0.name == column.name })
        #expect(found.values == column.values)
      }
      #expect(store.prompts.textDigests == fixture.prompts.textDigests)
      #expect(store.prompts.texts == fixture.prompts.texts)
      #expect(store.tokens == fixture.tokens)
      #expect(store.rows == fixture.rows)
      #expect(
        store.datasets.map(\.name) == [
          "attn.z/layer_00", "attn.z/layer_05", "embed", "resid_post/layer_00",
          "resid_post/layer_05",
        ])
      #expect(try store.status() == Array(repeating: .whole, count: 200))
      #expect(try store.committedUnits() == [true, true, true, true])
    }
  }

  @Test("holds an empty shard")
  func emptyShard() throws {
    try withTemporaryFolder { folder in
      let fixture = StoreFixture(promptCount: 0)
      try fixture.store(at: folder + "/a.h5")
      let store = try ActivationStore(path: folder + "/a.h5")
      #expect(store.prompts.count == 0)
      #expect(store.rows.count == 0)
      #expect(try StoreVerification(path: folder + "/a.h5").isWhole)
    }
  }

  @Test("marks prompts whose values are not finite or too large, whatever arrives first")
  func marks() throws {
    try withTemporaryFolder { folder in
      let fixture = StoreFixture(storedType: .f16)
      var files: [[UInt8]] = []
      for isReversed in [false, true] {
        let path = folder + "/\(isReversed).h5"
        let writer = try ActivationWriter(fixture.plan(), path: path, overflow: .record)
        let datasets = isReversed ? fixture.datasets.reversed() : fixture.datasets
        for dataset in datasets {
          var values = fixture.values(of: dataset, rows: 0..<fixture.rows.count)
          // Rows 2 and 3 are of prompt 1, row 4 of prompt 2.
          if dataset.site == "embed" { values[2 * dataset.width] = .nan }
          if dataset.layer == 5 { values[3 * dataset.width + 1] = 70_000 }
          if dataset.layer == 0 { values[4 * dataset.width + 2] = -65_520 }
          try writer.write(values.span, site: dataset.site, layer: dataset.layer, firstRow: 0)
        }
        let manifest = try writer.finish(StoreFixture.conditions)
        #expect(manifest.counts.nonFinitePromptCount == 1)
        #expect(manifest.counts.overflowPromptCount == 1)
        #expect(
          manifest.counts.nonFiniteValues == [
            "embed": 1, "resid_post/layer_05": 1, "attn.z/layer_05": 1, "resid_post/layer_00": 1,
            "attn.z/layer_00": 1,
          ])
        let status = try ActivationStore(path: path).status()
        #expect(status[0...3] == [.whole, .nonFinite, .overflow, .whole])
        files.append(try StoreFixture.bytes(of: path))
      }
      #expect(files[0] == files[1])
    }
  }

  @Test("writes a manifest that gives the file's digest and how it was made")
  func manifest() throws {
    try withTemporaryFolder { folder in
      try StoreFixture().store(at: folder + "/a.h5")
      let text = try StoreFixture.bytes(of: folder + "/a.manifest.json")
      let json = try #require(try JSONValue.parse(text).asObject)
      #expect(json["file"] == "a.h5")
      #expect(json["threads"] == 2)
      #expect(json["started"] == "2023-11-14T22:13:20Z")
      #expect(json["counts"]?.asObject?["prompts"] == 200)
      let check = try StoreVerification(path: folder + "/a.h5")
      #expect(json["sha256"]?.asString?.string == check.fileDigest)
      #expect(check.isWhole)
    }
  }
}
