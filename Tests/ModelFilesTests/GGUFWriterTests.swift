import ModelFiles
import Testing

@Suite("Writing GGUF")
struct GGUFWriterTests {
  private static func bytes() throws -> [UInt8] {
    var writer = GGUFWriter(architecture: "controlvector")
    writer.set("controlvector.model_hint", "llama")
    writer.set("controlvector.layer_count", 2)
    writer.add("direction.3", [1, -2, 0.5])
    writer.add("direction.11", (0..<9).map { Float($0) })
    let folder = try TemporaryFolder()
    try writer.write(to: folder.path + "/v.gguf", overwriting: false)
    return try folder.bytes("v.gguf")
  }

  @Test("is read back as it was written, and repeats byte for byte")
  func roundTrip() throws {
    let bytes = try Self.bytes()
    let header = try GGUFHeader(bytes.span)
    #expect(header.notes.isEmpty)
    #expect(header.values["general.architecture"] == .string("controlvector"))
    #expect(header.values["controlvector.model_hint"] == .string("llama"))
    #expect(header.values["controlvector.layer_count"] == .unsigned(2))
    #expect(header.tensors.map(\.name) == ["direction.3", "direction.11"])
    #expect(header.tensors.map(\.shape) == [[3], [9]])
    #expect(header.tensors.allSatisfy { $0.elementType == .f32 && $0.offset % 32 == 0 })
    let place = header.tensors[1].offset
    let values = (0..<9).map { index in
      Float(
        bitPattern: (0..<4).reduce(0) { $0 | UInt32(bytes[place + 4 * index + $1]) << (8 * $1) })
    }
    #expect(values == (0..<9).map { Float($0) })
    #expect(try Self.bytes() == bytes)
  }
}
