import CKernels
import Testing

@Suite("CRC-32C")
struct ChecksumTests {
  @Test("gives the published values")
  func published() {
    let cases: [([UInt8], UInt32)] = [
      (Array("123456789".utf8), 0xE306_9283),
      (Array(repeating: 0, count: 32), 0x8A91_36AA),
      (Array(repeating: 0xFF, count: 32), 0x62A8_AB43),
      (Array(0..<32), 0x46DD_794E),
      ([], 0),
    ]
    for (bytes, expected) in cases {
      #expect(unsafe ck_crc32c(0, bytes, bytes.count) == expected)
      #expect(unsafe ck_crc32c_portable(0, bytes, bytes.count) == expected)
    }
  }

  @Test(
    "is the same with and without the processor's instruction, in one piece, in two, and joined")
  func pieces() {
    let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 3) }
    let whole = unsafe ck_crc32c_portable(0, bytes, bytes.count)
    #expect(unsafe ck_crc32c(0, bytes, bytes.count) == whole)
    for split in [0, 1, 7, 8, 33, 255, 999, 1000] {
      let (left, right) = (Array(bytes[..<split]), Array(bytes[split...]))
      let first = unsafe ck_crc32c(0, left, left.count)
      let second = unsafe ck_crc32c(0, right, right.count)
      #expect(unsafe ck_crc32c(first, right, right.count) == whole)
      #expect(ck_crc32c_joined(first, second, UInt64(right.count)) == whole)
    }
  }
}
