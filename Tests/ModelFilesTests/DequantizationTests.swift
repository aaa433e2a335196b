import ModelFiles
import Testing

@Suite("Block decoding")
struct DequantizationTests {
  private static let types: [ElementType] = [
    .f16, .bf16, .q40, .q41, .q50, .q51, .q80, .q2K, .q3K, .q4K, .q5K, .q6K,
  ]

  @Test("agrees with the reference bit for bit, at odd addresses too", arguments: types)
  func matchesReference(type: ElementType) throws {
    let blocks = try Golden.bytes("gguf-blocks/\(type.name).blocks")
    let expected = try Golden.floats("gguf-blocks/\(type.name).floats")
    for shift in [0, 1, 3] {
      let shifted = [UInt8](repeating: 0xAA, count: shift) + blocks
      var decoded = [Float](repeating: .nan, count: expected.count)
      unsafe shifted.withUnsafeBytes { bytes in
        unsafe decoded.withUnsafeMutableBufferPointer { values in
          unsafe type.decode(UnsafeRawBufferPointer(rebasing: bytes[shift...]), into: values)
        }
      }
      #expect(decoded.map(\.bitPattern) == expected.map(\.bitPattern))
    }
  }

  @Test("counts bytes in whole blocks and never overflows")
  func byteCounts() {
    #expect(ElementType.q41.byteCount(elements: 64) == 40)
    #expect(ElementType.q41.byteCount(elements: 33) == nil)
    #expect(ElementType.q6K.byteCount(elements: 512) == 420)
    #expect(ElementType.f32.byteCount(elements: Int.max) == nil)
    #expect(ElementType.unsupported(name: "F4", bits: 4).byteCount(elements: 3) == nil)
    #expect(ElementType.unsupported(name: "F4", bits: 4).byteCount(elements: 4) == 2)
  }
}
