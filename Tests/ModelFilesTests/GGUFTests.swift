import ModelFiles
import Testing

@Suite("GGUF files")
struct GGUFTests {
  @Test("reads metadata of every kind", arguments: [2, 3] as [UInt32])
  func metadata(version: UInt32) throws {
    var builder = GGUFBuilder.llama()
    builder.version = version
    builder.set("a.u64", .uint64(1 << 40))
    builder.set("a.negative", .int32(-5))
    builder.set("a.float", .float(0.5))
    builder.set("a.bool", .bool(1))
    builder.set("a.string", .string("é"))
    builder.set("a.strings", .strings(["x", "", "yz"]))
    builder.set("a.integers", .int32s([-1, 2]))
    builder.set("a.floats", .floats([0.25, -1]))
    let folder = try TemporaryFolder()
    let file = try GGUFFile(path: try folder.write(builder.bytes(), to: "x.gguf"))
    let metadata = file.metadata
    #expect(try metadata.integer("a.u64") == 1 << 40)
    #expect(try metadata.float("a.float") == 0.5)
    #expect(try metadata.bool("a.bool") == true)
    #expect(try metadata.string("a.string") == "é")
    #expect(try metadata.strings("a.strings").map { Array($0) } == ["x", "", "yz"])
    #expect(try metadata.integers("a.integers") == [-1, 2])
    #expect(try metadata.floats("a.floats") == [0.25, -1])
    #expect(try metadata.integer("a.nothing") == nil)
    #expect(metadata["a.negative"] == .signed(-5))
    #expect(failure { try metadata.integer("a.negative") }?.rule == "GG-15")
    #expect(failure { try metadata.string("a.u64") }?.rule == "GG-15")
    #expect(failure { try metadata.require("b", try metadata.integer("b")) }?.rule == "GG-15")
    #expect(
      failure { try metadata.bool("a.string") }?.description
        == "\(file.file.path) is not a sound GGUF file: a.string is a string instead of a truth "
        + "value (GG-15).")
  }

  @Test("honours the alignment the file sets")
  func alignment() throws {
    var builder = GGUFBuilder.llama()
    builder.alignment = 128
    builder.set("general.alignment", .uint32(128))
    let header = try GGUFHeader(builder.bytes().span)
    #expect(header.tensors.allSatisfy { $0.offset % 128 == 0 })
    #expect(header.tensors.count == builder.tensors.count)
  }

  @Test("accepts a name of 64 bytes, odd keys and a few bytes at the end, and notes the last two")
  func tolerates() throws {
    var builder = GGUFBuilder.llama()
    builder.tensors[1].name = String(repeating: "n", count: 64)
    builder.set("odd key", .uint32(1))
    builder.tail = [UInt8](repeating: 0, count: 20)
    let header = try GGUFHeader(builder.bytes().span)
    #expect(header.notes.count == 2)
    #expect(header.tensors[1].name.bytes.count == 64)
  }

  @Test("joins the parts of a split model")
  func split() throws {
    let folder = try TemporaryFolder()
    let whole = GGUFBuilder.llama()
    var first = whole
    var second = GGUFBuilder()
    first.tensors = Array(whole.tensors[..<4])
    second.tensors = Array(whole.tensors[4...])
    for (index, part) in [first, second].enumerated() {
      var part = part
      part.set("split.count", .uint32(2))
      part.set("split.no", .uint32(UInt32(index)))
      part.set("split.tensors.count", .int32(Int32(whole.tensors.count)))
      try folder.write(part.bytes(), to: "m-0000\(index + 1)-of-00002.gguf")
    }
    try folder.write(whole.bytes(), to: "whole.gguf")
    let single = try Checkpoint(path: folder.path + "/whole.gguf")
    for name in ["m-00001-of-00002.gguf", "m-00002-of-00002.gguf"] {
      let joined = try Checkpoint(path: folder.path + "/" + name)
      #expect(joined.configuration == single.configuration)
      #expect(Set(joined.tensors.keys) == Set(single.tensors.keys))
      let tensor = "model.layers.0.mlp.down_proj.weight"
      #expect(try joined.values(tensor) == single.values(tensor))
    }
  }

  @Test(
    "refuses parts that do not belong together",
    arguments: [
      ("missing", "does not exist"), ("number", "it is part 2 of 2"),
      ("count", "it is part 2 of 2"), ("sum", "split.tensors.count is 99"),
      ("twice", "it has the tensor output_norm.weight twice"),
    ])
  func brokenSplit(kind: String, expected: String) throws {
    let folder = try TemporaryFolder()
    let whole = GGUFBuilder.llama()
    for index in 0..<2 {
      var part = whole
      part.tensors =
        index == 0
        ? Array(whole.tensors[..<4]) : Array(whole.tensors[(kind == "twice" ? 1 : 4)...])
      part.set("split.count", .uint32(index == 1 && kind == "count" ? 3 : 2))
      part.set("split.no", .uint32(kind == "number" ? 0 : UInt32(index)))
      part.set("split.tensors.count", .int32(kind == "sum" ? 99 : Int32(whole.tensors.count)))
      if index == 1, kind == "missing" { continue }
      try folder.write(part.bytes(), to: "m-0000\(index + 1)-of-00002.gguf")
    }
    let error = failure { try Checkpoint(path: folder.path + "/m-00001-of-00002.gguf") }
    #expect(error?.description.contains(expected) == true, "\(String(describing: error))")
  }
}
