import Activations
import Foundation
import ModelFiles
import Testing

@Suite("Merging stores")
struct MergeTests {
  private let fixture = StoreFixture(promptCount: 300, storedType: .bf16, storesText: true)

  @Test("any number of shards in any order gives the bytes of one run", arguments: [1, 2, 4, 5])
  func shards(count: Int) throws {
    try withTemporaryFolder { folder in
      let expected = try fixture.store(at: folder + "/whole.h5")
      let paths = try fixture.stores(count, in: folder)
      let orders = [paths, paths.reversed(), paths.sorted { $0.hashValue < $1.hashValue }]
      for (index, order) in orders.enumerated() {
        let path = "\(folder)/merged-\(index).h5"
        #expect(try merged(order, to: path) == expected)
        #expect(try StoreVerification(path: path).isWhole)
      }
    }
  }

  @Test("merging in steps, whatever the form of a step, gives the same bytes")
  func steps() throws {
    try withTemporaryFolder { folder in
      let expected = try fixture.store(at: folder + "/whole.h5")
      let paths = try fixture.stores(3, in: folder)
      for form in [StoreForm.plain, .packed, .virtual] {
        let step = "\(folder)/\(form)-step.h5"
        try merged([paths[2], paths[1]], to: step, as: form)
        #expect(try ActivationStore(path: step).form == form)
        #expect(try merged([paths[0], step], to: "\(folder)/\(form).h5") == expected)
      }
      try merged([paths[0], paths[1]], to: folder + "/left.h5", as: .packed)
      let packed = try merged([paths[2], folder + "/left.h5"], to: folder + "/p.h5", as: .packed)
      #expect(try merged(paths, to: folder + "/q.h5", as: .packed) == packed)
    }
  }

  @Test("neighbours alone make the store of their prompts")
  func part() throws {
    try withTemporaryFolder { folder in
      let paths = try fixture.stores(5, in: folder)
      try fixture.store(of: 64..<256, at: folder + "/run.h5")
      let bytes = try merged([paths[3], paths[1], paths[2]], to: folder + "/part.h5")
      #expect(try bytes == StoreFixture.bytes(of: folder + "/run.h5"))
      #expect(try ActivationStore(path: folder + "/part.h5").shard == 192..<384)
    }
  }

  @Test("shards without prompts change nothing, and by themselves make a store without prompts")
  func emptyShards() throws {
    try withTemporaryFolder { folder in
      let fixture = StoreFixture(promptCount: 128)
      let expected = try fixture.store(at: folder + "/whole.h5")
      var paths = try fixture.stores(2, in: folder)
      let empty = try fixture.store(of: 128..<128, at: folder + "/empty.h5")
      paths.insert(empty, at: 0)
      #expect(try merged(paths, to: folder + "/a.h5") == expected)
      for form in [StoreForm.plain, .packed, .virtual] {
        try merged([empty], to: "\(folder)/\(form).h5", as: form)
        #expect(try StoreVerification(path: "\(folder)/\(form).h5").isWhole)
      }
    }
  }

  @Test("keeps what became of each prompt")
  func status() throws {
    try withTemporaryFolder { folder in
      let fixture = StoreFixture(promptCount: 130, storedType: .f16)
      let paths = try fixture.stores(3, in: folder)
      let plan = try fixture.plan(of: 128..<130)
      let writer = try ActivationWriter(
        plan, path: paths[2], overwriting: true, overflow: .record)
      for dataset in fixture.datasets {
        var values = fixture.values(of: dataset, rows: 0..<plan.rows.count)
        values[1] = .nan
        values[values.count - 1] = 70_000
        try writer.write(values.span, site: dataset.site, layer: dataset.layer, firstRow: 0)
      }
      try writer.finish(StoreFixture.conditions)
      for form in [StoreForm.plain, .packed, .virtual] {
        try merged(paths, to: "\(folder)/\(form).h5", as: form)
        let status = try ActivationStore(path: "\(folder)/\(form).h5").status()
        #expect(status == Array(repeating: .whole, count: 128) + [.nonFinite, .overflow])
      }
    }
  }

  @Test("the manifest tells which files were merged")
  func manifest() throws {
    try withTemporaryFolder { folder in
      let paths = try fixture.stores(2, in: folder)
      try merged(paths.reversed(), to: folder + "/a.h5")
      let text = try StoreFixture.bytes(of: folder + "/a.manifest.json")
      let json = try #require(try JSONValue.parse(text).asObject)
      let sources = json["merged_from"]?.asArray?.compactMap(\.asObject) ?? []
      #expect(sources.map { $0["file"]?.asString?.string } == paths)
      for (source, path) in zip(sources, paths) {
        let check = try StoreVerification(path: path)
        #expect(source["sha256"]?.asString?.string == check.fileDigest)
      }
      #expect(sources.map { $0["shard"] } == [.array([128, 256]), .array([256, 428])])
      #expect(json["threads"] == nil)
      #expect(json["counts"]?.asObject?["prompts"] == 300)
    }
  }
}

@Suite("Merging stores, killed process")
struct KilledMergeTests {
  @Test(
    "leaves no wrong file, and the same merge makes the right one",
    arguments: ["plain", "packed"], [0, 2, 5])
  func killed(form: String, moment: Int) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "merge-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.path(percentEncoded: false)
    let paths = try StoreFixture(promptCount: 300).stores(2, in: path)
    let expected = try merged(
      paths, to: path + "/expected.h5", as: StoreForm(rawValue: form) ?? .plain)
    await #expect(processExitsWith: .signal(SIGKILL)) {
      [paths = paths as [String], form = form as String, moment = moment as Int] in
      // The first two steps are the checks of the sources.
      var steps = 0
      _ = try StoreMerge(paths).write(
        to: paths[0] + ".all.h5", as: StoreForm(rawValue: form) ?? .plain,
        RunManifest.Conditions(merging: Date(), host: "here", commandLine: []),
        onProgress: { _, _ in
          if steps == moment { kill(getpid(), SIGKILL) }
          steps += 1
        })
    }
    let output = paths[0] + ".all.h5"
    #expect(!FileManager.default.fileExists(atPath: output))
    #expect(try merged(paths, to: output, as: StoreForm(rawValue: form) ?? .plain) == expected)
    #expect(!FileManager.default.fileExists(atPath: output + ".part"))
    #expect(!FileManager.default.fileExists(atPath: output + ".part.new"))
  }
}
