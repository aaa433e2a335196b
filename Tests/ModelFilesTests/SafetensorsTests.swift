import ModelFiles
import Testing

@Suite("Safetensors files")
struct SafetensorsTests {
  private typealias Bytes = SafetensorsBytes

  @Test("lists tensors in the order of their data, with metadata")
  func reads() throws {
    let header =
      "{\"__metadata__\":{\"format\":\"pt\"},"
      + Bytes.entry("b", shape: "[1,3]", type: "BF16", offsets: "[8,14]") + ","
      + Bytes.entry("a") + "}  "
    let folder = try TemporaryFolder()
    let file = try SafetensorsFile(
      path: try folder.write(Bytes.file(header, dataCount: 14), to: "x.safetensors"))
    #expect(file.metadata == ["format": "pt"])
    #expect(file.tensors.map(\.name) == ["a", "b"])
    #expect(file.tensors.map(\.shape) == [[2], [1, 3]])
    #expect(file.tensors.map(\.elementType) == [.f32, .bf16])
    #expect(file.tensors.map(\.offset) == [8 + header.utf8.count, 16 + header.utf8.count])
  }

  @Test("keeps two names that are equal only after normalisation")
  func normalisation() throws {
    let header =
      "{" + Bytes.entry("é") + "," + Bytes.entry("e\u{301}", offsets: "[8,16]") + "}"
    let parsed = try SafetensorsHeader(Bytes.file(header, dataCount: 16).span)
    #expect(parsed.tensors.count == 2)
  }

  private static let broken: [(rule: String, name: String, bytes: [UInt8])] = [
    ("ST-1", "no bytes at all but one", [0]),
    ("ST-1", "seven bytes", [UInt8](repeating: 0, count: 7)),
    ("ST-2", "a length of 2^63", (1 << 63 as UInt64).littleEndianBytes + [0x7B, 0x7D]),
    ("ST-2", "a length of 2^64 - 1", UInt64.max.littleEndianBytes + [0x7B, 0x7D]),
    ("ST-2", "a length above the limit", UInt64(100_000_001).littleEndianBytes + [0x7B, 0x7D]),
    ("ST-2", "a length one too long", UInt64(3).littleEndianBytes + [0x7B, 0x7D]),
    ("ST-3", "an empty header", [UInt8](repeating: 0, count: 8)),
    ("ST-4", "a length one too short", UInt64(1 + 1).littleEndianBytes + Array("{ }".utf8)),
    ("ST-4", "an array", Bytes.file("[]")),
    ("ST-4", "null", Bytes.file("null")),
    ("ST-4", "a string", Bytes.file("\"x\"")),
    ("ST-4", "a byte order mark", Bytes.file("\u{FEFF}{}")),
    ("ST-4", "padding with NUL", Bytes.file("{}\0\0")),
    ("ST-4", "something after the object", Bytes.file("{}x")),
    ("ST-4", "a trailing comma", Bytes.file("{" + Bytes.entry("a") + ",}", dataCount: 8)),
    ("ST-4", "deep nesting", Bytes.file([UInt8](repeating: 0x7B, count: 1_000_000))),
    ("ST-4", "a shape that is no array", Bytes.file("{" + Bytes.entry("a", shape: "2") + "}")),
    (
      "ST-4", "a dimension in quotes", Bytes.file("{" + Bytes.entry("a", shape: "[\"2\"]") + "}")
    ),
    (
      "ST-4", "a dimension with a leading zero",
      Bytes.file("{" + Bytes.entry("a", shape: "[02]") + "}")
    ),
    (
      "ST-5", "a tensor twice",
      Bytes.file(
        "{" + Bytes.entry("a") + "," + Bytes.entry("a", shape: "[1]", type: "I64") + "}",
        dataCount: 8)
    ),
    ("ST-5", "metadata twice", Bytes.file(#"{"__metadata__":{},"__metadata__":{}}"#)),
    ("ST-5", "a metadata key twice", Bytes.file(#"{"__metadata__":{"a":"1","a":"2"}}"#)),
    ("ST-5", "a field twice", Bytes.file(#"{"a":{"dtype":"F32","dtype":"F32"}}"#)),
    ("ST-6", "a metadata number", Bytes.file(#"{"__metadata__":{"a":1}}"#)),
    ("ST-4", "metadata that is null", Bytes.file(#"{"__metadata__":null}"#)),
    (
      "ST-6", "too much metadata",
      Bytes.file(
        "{\"__metadata__\":{" + (0...10_000).map { "\"\($0)\":\"\"" }.joined(separator: ",") + "}}")
    ),
    (
      "ST-7", "an extra field",
      Bytes.file(#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":1}}"#, dataCount: 8)
    ),
    ("ST-7", "no dtype", Bytes.file(#"{"a":{"shape":[2],"data_offsets":[0,8]}}"#, dataCount: 8)),
    ("ST-7", "no shape", Bytes.file(#"{"a":{"dtype":"F32","data_offsets":[0,8]}}"#, dataCount: 8)),
    ("ST-7", "no offsets", Bytes.file(#"{"a":{"dtype":"F32","shape":[2]}}"#, dataCount: 8)),
    (
      "ST-8", "a dtype in lower case",
      Bytes.file("{" + Bytes.entry("a", type: "f32") + "}", dataCount: 8)
    ),
    (
      "ST-9", "nine dimensions",
      Bytes.file("{" + Bytes.entry("a", shape: "[1,1,1,1,1,1,1,1,2]") + "}", dataCount: 8)
    ),
    ("ST-9", "a dimension 2.0", Bytes.file("{" + Bytes.entry("a", shape: "[2.0]") + "}")),
    ("ST-9", "a dimension 1e0", Bytes.file("{" + Bytes.entry("a", shape: "[1e0]") + "}")),
    ("ST-9", "a dimension -2", Bytes.file("{" + Bytes.entry("a", shape: "[-2]") + "}")),
    ("ST-9", "a dimension -0", Bytes.file("{" + Bytes.entry("a", shape: "[-0]") + "}")),
    (
      "ST-9", "a dimension 2^63",
      Bytes.file("{" + Bytes.entry("a", shape: "[9223372036854775808]") + "}")
    ),
    (
      "ST-9", "a dimension 2^64",
      Bytes.file("{" + Bytes.entry("a", shape: "[18446744073709551616]") + "}")
    ),
    (
      "ST-9", "zero before 2^63",
      Bytes.file("{" + Bytes.entry("a", shape: "[0,9223372036854775808,4]") + "}")
    ),
    (
      "ST-9", "zero after 2^63",
      Bytes.file("{" + Bytes.entry("a", shape: "[9223372036854775808,4,0]") + "}")
    ),
    (
      "ST-10", "dimensions whose bytes wrap round to eight",
      Bytes.file(
        "{" + Bytes.entry("a", shape: "[4294967296,2147483648,2]", offsets: "[0,8]") + "}",
        dataCount: 8)
    ),
    (
      "ST-10", "half a byte",
      Bytes.file("{" + Bytes.entry("a", shape: "[3]", type: "F4", offsets: "[0,2]") + "}")
    ),
    (
      "ST-11", "offsets out of order",
      Bytes.file("{" + Bytes.entry("a", offsets: "[8,0]") + "}", dataCount: 8)
    ),
    (
      "ST-11", "one offset", Bytes.file("{" + Bytes.entry("a", offsets: "[8]") + "}", dataCount: 8)
    ),
    (
      "ST-11", "three offsets",
      Bytes.file("{" + Bytes.entry("a", offsets: "[0,8,9]") + "}", dataCount: 8)
    ),
    (
      "ST-11", "a negative offset",
      Bytes.file("{" + Bytes.entry("a", offsets: "[-8,0]") + "}", dataCount: 8)
    ),
    (
      "ST-11", "offsets near the largest integer",
      Bytes.file(
        "{" + Bytes.entry("a", offsets: "[9223372036854775799,9223372036854775807]") + "}",
        dataCount: 8)
    ),
    (
      "ST-11", "more bytes than the shape needs",
      Bytes.file("{" + Bytes.entry("a", offsets: "[0,12]") + "}", dataCount: 12)
    ),
    (
      "ST-12", "an overlap",
      Bytes.file(
        "{" + Bytes.entry("a") + "," + Bytes.entry("b", offsets: "[4,12]") + "}", dataCount: 12)
    ),
    (
      "ST-12", "two tensors on the same bytes",
      Bytes.file("{" + Bytes.entry("a") + "," + Bytes.entry("b") + "}", dataCount: 8)
    ),
    (
      "ST-12", "a hole",
      Bytes.file(
        "{" + Bytes.entry("a") + "," + Bytes.entry("b", offsets: "[9,17]") + "}", dataCount: 17)
    ),
    (
      "ST-12", "a hole at the start",
      Bytes.file("{" + Bytes.entry("a", offsets: "[1,9]") + "}", dataCount: 9)
    ),
    ("ST-12", "one byte missing", Bytes.file("{" + Bytes.entry("a") + "}", dataCount: 7)),
    ("ST-12", "one byte too many", Bytes.file("{" + Bytes.entry("a") + "}", dataCount: 9)),
    ("ST-13", "an empty name", Bytes.file("{" + Bytes.entry("") + "}", dataCount: 8)),
    (
      "ST-13", "an escape sequence", Bytes.file("{" + Bytes.entry("\\u001b[2J") + "}", dataCount: 8)
    ),
    ("ST-13", "a C1 control", Bytes.file("{" + Bytes.entry("a\u{9B}2J") + "}", dataCount: 8)),
    (
      "ST-13", "a very long name",
      Bytes.file("{" + Bytes.entry(String(repeating: "a", count: 1_000_000)) + "}", dataCount: 8)
    ),
  ]

  @Test("refuses broken files by the rule they break", arguments: broken)
  func refuses(rule: String, name: String, bytes: [UInt8]) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(bytes, to: "x.safetensors")
    let error = try #require(failure { try SafetensorsFile(path: path) })
    #expect(error.rule == rule, "\(name): \(error)")
    #expect(error.kind == .badInput)
    let sentence = error.description
    #expect(sentence.hasPrefix(path) && sentence.hasSuffix("(\(rule))."))
    #expect(sentence.unicodeScalars.allSatisfy { $0.value >= 0x20 })
  }

  @Test("reads a header of many tensors in a time that grows with it")
  func manyTensors() throws {
    let header =
      "{"
      + (0..<20_000).map {
        "\"t\($0)\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[\($0),\($0 + 1)]}"
      }
      .joined(separator: ",") + "}"
    let parsed = try SafetensorsHeader(Bytes.file(header, dataCount: 20_000).span)
    #expect(parsed.tensors.count == 20_000)
    #expect(parsed.tensors.last?.name == "t19999")
  }

  @Test("writes the same bytes whatever the order of adding, and reads them back")
  func roundTrip() throws {
    let folder = try TemporaryFolder()
    var first = SafetensorsWriter(metadata: ["b": "2", "a": "1"])
    first.add("y", shape: [2, 2], values: [1, 2, 3, .leastNonzeroMagnitude])
    first.add("x", shape: [3], values: [-0.0, 5, 6])
    first.add("none", shape: [0, 4], values: [])
    try first.write(to: folder.path + "/first.safetensors")
    var second = SafetensorsWriter(metadata: ["a": "1", "b": "2"])
    second.add("none", shape: [0, 4], values: [])
    second.add("x", shape: [3], values: [-0.0, 5, 6])
    second.add("y", shape: [2, 2], values: [1, 2, 3, .leastNonzeroMagnitude])
    try second.write(to: folder.path + "/second.safetensors")
    let file = try SafetensorsFile(path: folder.path + "/first.safetensors")
    #expect(file.tensors.map(\.name) == ["none", "x", "y"])
    #expect(file.metadata == ["a": "1", "b": "2"])
    #expect(file.tensors[0].offset % 8 == 0)
    #expect(try folder.bytes("first.safetensors") == folder.bytes("second.safetensors"))
    #expect(try folder.names == ["first.safetensors", "second.safetensors"])
  }
}
