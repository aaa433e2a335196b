import Activations
import Foundation
import Testing

@Suite("plumb extract --shard")
struct ShardCommandTests {
  /// A set of 200 prompts, of which only one has a column, so that most shards lack it.
  private static func folder() throws -> TestFolder {
    let folder = try TestFolder()
    var lines = TestPrompts.lines(200)
    lines[150] = lines[150].replacing("{", with: "{\"topic\": \"rain\", ")
    try folder.write(lines.joined(separator: "\n"), to: "p.jsonl")
    return folder
  }

  private static func arguments(_ shard: String?, _ options: [String] = []) -> [String] {
    [
      "extract", "--model", TinyModel.tied, "--prompts", "p.jsonl", "--output", "acts.h5",
      "--positions", "last,mean", "--sites", "resid_post,attn.z",
    ] + (shard.map { ["--shard", $0] } ?? []) + options
  }

  private static func name(_ index: Int, _ count: Int) -> String {
    "acts-0000\(index)-of-0000\(count).h5"
  }

  @Test("shards together are the whole, bit for bit", arguments: [1, 2, 3, 4])
  func rows(count: Int) async throws {
    let folder = try Self.folder()
    try await plumbSucceeds(Self.arguments(nil), in: folder)
    let whole = try ActivationStore(path: folder.path("acts.h5"))
    var shards: [ActivationStore] = []
    for index in 0..<count {
      let result = try await plumbSucceeds(Self.arguments("\(index)/\(count)"), in: folder)
      #expect(result.messages.isEmpty)
      #expect(result.text.hasPrefix(Self.name(index, count) + ": "))
      shards.append(try ActivationStore(path: folder.path(Self.name(index, count))))
    }
    #expect(shards.map(\.shard.lowerBound) == [0] + shards.dropLast().map(\.shard.upperBound))
    #expect(shards.last?.shard.upperBound == 200)
    #expect(shards.allSatisfy { $0.identity == whole.identity && !$0.shard.isEmpty })
    for (place, column) in whole.prompts.columns.enumerated() {
      #expect(shards.allSatisfy { $0.prompts.columns[place].name == column.name })
      #expect(shards.flatMap { $0.prompts.columns[place].values } == column.values)
    }
    #expect(shards.flatMap(\.prompts.textDigests) == whole.prompts.textDigests)
    #expect(shards.flatMap(\.tokens.ids) == whole.tokens.ids)
    #expect(shards.flatMap(\.rows.positions) == whole.rows.positions)
    for dataset in whole.datasets {
      func bits(_ store: ActivationStore) throws -> [UInt32] {
        try store.values(site: dataset.site, layer: dataset.layer, rows: 0..<store.rows.count)
          .map(\.bitPattern)
      }
      let isSame = try shards.flatMap(bits) == bits(whole)
      #expect(isSame, "\(dataset.name)")
    }
  }

  @Test("a shard beyond the prompts writes nothing and succeeds")
  func empty() async throws {
    let folder = try Self.folder()
    let before = try folder.contents()
    let result = try await plumbSucceeds(Self.arguments("4/5"), in: folder)
    #expect(result.text.hasPrefix("Shard 4/5 has no prompts and writes no file: 200 prompts"))
    let json = try await plumbSucceeds(Self.arguments("4/5", ["--json"]), in: folder)
    let summary = try #require(
      try JSONSerialization.jsonObject(with: Data(json.output)) as? [String: Any])
    #expect(summary["prompts"] as? Int == 0)
    #expect(summary["output"] == nil)
    #expect(try folder.contents() == before)
    try await plumbSucceeds(Self.arguments("3/5"), in: folder)
    #expect(folder.exists(Self.name(3, 5)))
  }

  @Test("a finished shard is left as it is; another capture's is refused")
  func finished() async throws {
    let folder = try Self.folder()
    let first = try await plumbSucceeds(Self.arguments("1/2", ["--json"]), in: folder)
    let before = try folder.contents()
    let again = try await plumbSucceeds(Self.arguments("1/2"), in: folder)
    #expect(again.text == "acts-00001-of-00002.h5 is finished already.\n")
    let json = try await plumbSucceeds(Self.arguments("1/2", ["--json"]), in: folder)
    for field in ["\"rows\":144", "\"prompts\":72", "\"shard\":\"1/2\"", Self.name(1, 2)] {
      #expect(first.text.contains(field) && json.text.contains(field), "\(field)")
    }
    let other = try await plumb(Self.arguments("1/2", ["--store", "f16"]), in: folder)
    #expect(other.code == 78)
    #expect(other.messages.contains("acts-00001-of-00002.h5 was begun with stored type \"f32\""))
    #expect(try folder.contents() == before)
    try folder.write("not a store", to: Self.name(0, 2))
    let stranger = try await plumb(Self.arguments("0/2"), in: folder)
    #expect(stranger.code == 73)
    #expect(stranger.messages.contains("acts-00000-of-00002.h5 exists already"))
    try await plumbSucceeds(Self.arguments("0/2", ["--overwrite"]), in: folder)
  }

  @Test("auto takes the launcher's word, and says so")
  func auto() async throws {
    let folder = try Self.folder()
    let rank = ["OMPI_COMM_WORLD_RANK": "1", "OMPI_COMM_WORLD_SIZE": "2"]
    let worker = try await plumb(Self.arguments("auto"), in: folder, environment: rank)
    #expect(worker.code == 0)
    #expect(
      worker.messages
        == "plumb: Shard 1/2, by Open MPI (OMPI_COMM_WORLD_RANK=1, OMPI_COMM_WORLD_SIZE=2).\n")
    #expect(folder.exists(Self.name(1, 2)))
    let alone = try await plumb(Self.arguments("auto"), in: folder)
    #expect(alone.code == 78)
    #expect(alone.messages.contains("acts-00001-of-00002.h5 is one of 2 shards"))
    #expect(alone.messages.contains("--shard auto/2"))
    let index = try await plumb(
      Self.arguments("auto/2"), in: folder, environment: ["JOB_COMPLETION_INDEX": "0"])
    #expect(index.code == 0 && folder.exists(Self.name(0, 2)))
    let whole = try await plumb(Self.arguments("auto", ["--overwrite"]), in: folder)
    #expect(whole.code == 0 && folder.exists("acts.h5"))
    #expect(
      whole.messages == "plumb: No launcher started this process, so it does the whole.\n")
    let trap = try await plumb(
      Self.arguments("auto"), in: folder, environment: ["SLURM_NTASKS": "2", "SLURM_PROCID": "0"])
    #expect(trap.code == 64)
    #expect(trap.messageLines.count == 1 && trap.output.isEmpty)
  }

  @Test("workers of one machine share its processors")
  func threads() async throws {
    let folder = try Self.folder()
    func threads(_ variables: [String: String]) async throws -> Int? {
      let result = try await plumb(
        Self.arguments("auto", ["--overwrite"]), in: folder,
        environment: variables.merging(["RANK": "0", "WORLD_SIZE": "1"]) { $1 })
      #expect(result.code == 0)
      let manifest = try folder.bytes("acts-00000-of-00001.manifest.json")
      let object = try JSONSerialization.jsonObject(with: Data(manifest)) as? [String: Any]
      return object?["threads"] as? Int
    }
    let all = try #require(try await threads([:]))
    let alone = try await threads(["LOCAL_RANK": "0", "LOCAL_WORLD_SIZE": "1"])
    #expect(alone == all)
    let one = try await threads(["LOCAL_RANK": "0", "LOCAL_WORLD_SIZE": "\(all)"])
    #expect(one == 1)
    let crowded = try await threads(["LOCAL_RANK": "\(all)", "LOCAL_WORLD_SIZE": "\(all + 1)"])
    #expect(crowded == 1)
    let uncounted = try await threads(["LOCAL_RANK": "0"])
    #expect(uncounted == 1)
    let granted = try await threads(["SLURM_CPUS_PER_TASK": "1"])
    #expect(granted == 1)
  }

  @Test("an interrupted shard goes on, and ends in the same bytes")
  func interrupted() async throws {
    let folder = try TestFolder()
    try folder.write(TestPrompts.text(8000), to: "many.jsonl")
    let arguments = ExtractionRun.many(to: "run.h5").arguments + ["--shard", "1/2"]
    let output = "run-00001-of-00002.h5"
    try await plumbSucceeds(arguments, in: folder)
    let whole = try folder.bytes(output)
    try FileManager.default.removeItem(at: folder.url(output))
    let process = try await ExtractionRun(arguments: arguments, output: output)
      .start(in: folder, untilUnits: 2)
    process.send(SIGTERM)
    let result = try await process.result()
    #expect(result.code == 75)
    #expect(result.messages.contains("kept in \(output).part"))
    try await plumbSucceeds(arguments, in: folder)
    let isSame = try folder.bytes(output) == whole
    #expect(isSame, "the file differs from an uninterrupted run's")
  }
}
