import Activations
import Foundation
import Testing

@Suite("plumb merge and verify")
struct MergeCommandTests {
  /// Shards of the shared store in a folder of their own.
  private static func make() async throws -> (folder: TestFolder, shards: [String]) {
    let folder = try TestFolder()
    let store = try ActivationStore(path: try await SharedFixture.value.store)
    return (folder, try store.divide(at: [0, 64, 128], into: folder))
  }

  @Test("a capture in shards, merged, is the file of one run")
  func plain() async throws {
    let (folder, shards) = try await Self.make()
    let result = try await plumbSucceeds(
      ["merge"] + shards.reversed() + ["-o", "all.h5"], in: folder)
    #expect(result.text.hasPrefix("all.h5: 130 prompts (0 to 129) from 3 files, 260 rows"))
    #expect(result.messages.isEmpty)
    let whole = try Data(contentsOf: URL(fileURLWithPath: try await SharedFixture.value.store))
    let isSame = try folder.bytes("all.h5") == Array(whole)
    #expect(isSame, "the merged file differs from one run's")
    let again = try await plumb(["merge"] + shards + ["-o", "all.h5"], in: folder)
    #expect(again.code == 73)
    let json = try await plumbSucceeds(
      ["merge", shards[2], shards[1], "--output", "all.h5", "--overwrite", "--json"], in: folder)
    let summary = try #require(
      try JSONSerialization.jsonObject(with: Data(json.output)) as? [String: Any])
    #expect(summary["first_prompt"] as? Int == 64)
    #expect(summary["prompts"] as? Int == 66)
    #expect(summary["bytes"] as? Int == (try folder.bytes("all.h5").count))
  }

  @Test("a virtual store is probed like a plain one, and never takes a stranger of the same name")
  func virtual() async throws {
    let (folder, shards) = try await Self.make()
    try FileManager.default.createDirectory(
      at: folder.url("tree"), withIntermediateDirectories: true)
    for shard in shards {
      try FileManager.default.moveItem(at: folder.url(shard), to: folder.url("tree/" + shard))
    }
    try await plumbSucceeds(
      ["merge"] + shards.map { "tree/" + $0 } + ["--virtual", "-o", "tree/all.h5"], in: folder)
    try await plumbSucceeds(["verify", "tree/all.h5"], in: folder)
    try await plumbSucceeds(["probe", "tree/all.h5", "--output", "results"], in: folder)
    let expected = try Data(
      contentsOf: URL(fileURLWithPath: try await SharedFixture.value.probes))
    #expect(try folder.bytes("results/probes.safetensors").count == expected.count)
    // HDF5 itself would find the one in the current folder.
    try FileManager.default.moveItem(
      at: folder.url("tree/" + shards[1]), to: folder.url(shards[1]))
    for command in [["verify"], ["inspect"], ["probe", "--output", "more"]] {
      let result = try await plumb(command + ["tree/all.h5"], in: folder)
      #expect(result.code == 66)
      #expect(
        result.messages == """
          plumb: tree/all.h5 takes rows from shard-64.h5 beside it, which is not there; move a \
          virtual store together with its sources.

          """)
      #expect(result.output.isEmpty)
    }
  }

  @Test("a packed store says so, verifies, and is unpacked by merging it alone")
  func packed() async throws {
    let (folder, shards) = try await Self.make()
    try await plumbSucceeds(["merge"] + shards + ["--compress", "-o", "packed.h5"], in: folder)
    let inspected = try await plumbSucceeds(["inspect", "packed.h5"], in: folder)
    #expect(inspected.lines.contains { $0.hasPrefix("form ") && $0.hasSuffix(" packed") })
    let check = try await plumbSucceeds(["verify", "packed.h5", "--json"], in: folder)
    let summary = try #require(
      try JSONSerialization.jsonObject(with: Data(check.output)) as? [String: Any])
    #expect(summary["whole"] as? Bool == true)
    #expect(summary["form"] as? String == "packed")
    #expect(summary["matches_manifest"] as? Bool == true)
    try await plumbSucceeds(["merge", "packed.h5", "-o", "all.h5"], in: folder)
    let whole = try Data(contentsOf: URL(fileURLWithPath: try await SharedFixture.value.store))
    let isSame = try folder.bytes("all.h5") == Array(whole)
    #expect(isSame, "the unpacked file differs from one run's")
  }

  @Test("verify tells in JSON what is wrong, and says it")
  func damage() async throws {
    let (folder, shards) = try await Self.make()
    var bytes = try folder.bytes(shards[1])
    let layout = try ActivationStore(path: folder.path(shards[1])).layout
    bytes[layout.offsets[0] + 3] ^= 1
    try folder.write(bytes, to: shards[1])
    let result = try await plumb(["verify", shards[1], "--json"], in: folder)
    #expect(result.code == 65)
    #expect(result.messages.contains("shard-64.h5 is damaged: 1 commit unit"))
    let summary = try #require(
      try JSONSerialization.jsonObject(with: Data(result.output)) as? [String: Any])
    #expect(summary["whole"] as? Bool == false)
    #expect(summary["damaged_units"] as? [Int] == [0])
    #expect(summary["matches_manifest"] as? Bool == false)
    let merge = try await plumb(["merge"] + shards + ["-o", "all.h5"], in: folder)
    #expect(merge.code == 65)
    #expect(merge.messages == result.messages)
    #expect(!folder.exists("all.h5") && !folder.exists("all.h5.part"))
  }

  @Test("Ctrl-C ends a merge with a sentence, and the same command makes the file")
  func interrupted() async throws {
    let (folder, shards) = try await Self.make()
    let process = try await PlumbProcess(["merge"] + shards + ["-o", "all.h5"], in: folder)
    process.send(SIGINT)
    let result = try await process.result()
    // It may come before the command listens, or after everything is done.
    #expect(result.signal == SIGINT || [0, 75].contains(result.code), "\(result.messages)")
    if result.code == 75 { #expect(result.messages.contains("run the same command again")) }
    try await plumbSucceeds(
      ["merge"] + shards + ["-o", "all.h5", "--overwrite"], in: folder)
    try await plumbSucceeds(["verify", "all.h5"], in: folder)
  }
}
