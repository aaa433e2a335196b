import Foundation
import ModelFiles
import Testing

@Suite("Model folders and paths")
struct FolderTests {
  /// A folder with the configuration of the tiny llama.
  private func folder() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try folder.copyGolden("tiny-checkpoints/llama/config.json", to: "config.json")
    return folder
  }

  private func shard(_ name: String) -> [UInt8] {
    SafetensorsBytes.file("{" + SafetensorsBytes.entry(name) + "}", dataCount: 8)
  }

  private func index(_ homes: [(String, String)], size: Int = 16) -> String {
    let map = homes.map { "\"\($0.0)\":\"\($0.1)\"" }.joined(separator: ",")
    return "{\"metadata\":{\"total_size\":\(size)},\"weight_map\":{\(map)}}"
  }

  @Test("joins shards as the index says and notes a wrong total")
  func shards() throws {
    let folder = try folder()
    try folder.write(shard("a"), to: "one.safetensors")
    try folder.write(shard("b"), to: "two.safetensors")
    let homes = [("a", "one.safetensors"), ("b", "two.safetensors")]
    try folder.write(index(homes), to: "model.safetensors.index.json")
    let checkpoint = try Checkpoint(path: folder.path)
    #expect(Set(checkpoint.tensors.keys) == ["a", "b"])
    #expect(try checkpoint.values("a") == checkpoint.values("b"))
    #expect(checkpoint.notes.isEmpty)
    try folder.write(index(homes, size: 17), to: "model.safetensors.index.json")
    #expect(try Checkpoint(path: folder.path).notes.count == 1)
  }

  @Test(
    "refuses an index by what is wrong with it",
    arguments: [
      ([("a", "../one.safetensors")], "a plain file name"),
      ([("a", "/one.safetensors")], "a plain file name"),
      ([("a", ".one.safetensors")], "a plain file name"),
      ([("a", "one.bin")], "a plain file name"),
      ([("a", "one\\u0000.safetensors")], "a plain file name"),
      ([("a", "absent.safetensors")], "which is not in the folder"),
      ([("a", "one.safetensors"), ("c", "one.safetensors")], "which does not hold it"),
      ([("b", "two.safetensors"), ("c", "one.safetensors")], "which weight_map does not place"),
      ([("a", "one.safetensors"), ("b", "twice.safetensors")], "does not place there"),
      ([("a", "one.safetensors"), ("a", "one.safetensors")], "occurs twice in one object"),
      ([], "weight_map is empty"),
    ])
  func brokenIndex(homes: [(String, String)], expected: String) throws {
    let folder = try folder()
    try folder.write(shard("a"), to: "one.safetensors")
    try folder.write(shard("b"), to: "two.safetensors")
    try folder.write(
      SafetensorsBytes.file(
        "{" + SafetensorsBytes.entry("a") + ","
          + SafetensorsBytes.entry("b", offsets: "[8,16]") + "}", dataCount: 16),
      to: "twice.safetensors")
    try folder.write(index(homes), to: "model.safetensors.index.json")
    let error = failure { try Checkpoint(path: folder.path) }
    #expect(error?.description.contains(expected) == true, "\(String(describing: error))")
  }

  @Test("follows links that the user made, and none that an index names but the cache's own")
  func links() throws {
    let folder = try folder()
    try folder.write(shard("a"), to: "real.safetensors")
    try folder.link("model.safetensors", to: "real.safetensors")
    #expect(try Checkpoint(path: folder.path).tensors.count == 1)

    try FileManager.default.removeItem(atPath: folder.path + "/model.safetensors")
    try folder.link("one.safetensors", to: "real.safetensors")
    try folder.link("loop.safetensors", to: "loop.safetensors")
    for name in ["one.safetensors", "loop.safetensors"] {
      try folder.write(index([("a", name)]), to: "model.safetensors.index.json")
      #expect(
        failure { try Checkpoint(path: folder.path) }
          == .symbolicLink(path: folder.path + "/" + name))
    }

    let cache = try TemporaryFolder()
    let snapshot = cache.path + "/snapshots/0"
    for path in [snapshot, cache.path + "/blobs"] {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }
    let blob = String(repeating: "0a", count: 32)
    try cache.write(shard("a"), to: "blobs/" + blob)
    try cache.copyGolden("tiny-checkpoints/llama/config.json", to: "snapshots/0/config.json")
    try cache.link("snapshots/0/one.safetensors", to: "../../blobs/" + blob)
    try cache.write(
      index([("a", "one.safetensors")]), to: "snapshots/0/model.safetensors.index.json")
    #expect(try Checkpoint(path: snapshot).tensors.count == 1)
  }

  @Test("does not wait for a pipe, and refuses it")
  func pipe() throws {
    let folder = try folder()
    unsafe mkfifo(folder.path + "/one.safetensors", 0o600)
    try folder.write(index([("a", "one.safetensors")]), to: "model.safetensors.index.json")
    #expect(
      failure { try Checkpoint(path: folder.path) }
        == .notRegularFile(path: folder.path + "/one.safetensors"))
  }

  @Test("has its own sentence for everything else one may point it at")
  func sentences() throws {
    let folder = try TemporaryFolder()
    try folder.write("", to: "empty.gguf")
    try folder.write("version https://git-lfs.github.com/spec/v1\n", to: "pointer.gguf")
    try folder.write("<!DOCTYPE html><html>", to: "page.gguf")
    try folder.write("x", to: "pytorch_model.bin")
    let table: [(String, String, FailureKind)] = [
      ("nothing", "does not exist.", .missingInput),
      ("empty.gguf", "is empty; the download may be incomplete.", .badInput),
      ("pointer.gguf", "is a Git LFS pointer instead of a GGUF file;", .badInput),
      ("page.gguf", "is a web page instead of a GGUF file;", .badInput),
      ("x.safetensors", "name the folder that has them together with config.json.", .badInput),
      ("pytorch_model.bin", "never opened; name a GGUF file or a folder with", .badInput),
      (".", "has no config.json; to use the GGUF file in it, name", .missingInput),
    ]
    for (name, expected, kind) in table {
      let error = failure { try Checkpoint(path: folder.path + "/" + name) }
      #expect(error?.description.contains(expected) == true, "\(String(describing: error))")
      #expect(error?.kind == kind)
    }
    let empty = try TemporaryFolder()
    let path = empty.path
    #expect(failure { try Checkpoint(path: path) }?.description.contains("a model is a") == true)
    try empty.copyGolden("tiny-checkpoints/llama/config.json", to: "config.json")
    #expect(failure { try Checkpoint(path: path) } == .missingPart(folder: path, part: .weights))
    try empty.write("x", to: "pytorch_model.bin")
    #expect(
      failure { try Checkpoint(path: path) }
        == .missingPart(folder: path, part: .safetensorsInsteadOf("pytorch_model.bin")))
  }
}
