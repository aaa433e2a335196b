import CKernels
import Testing

@Suite("Rounding to 16-bit floats")
struct NarrowingTests {
  private func float16(_ values: [Float]) -> (bits: [UInt16], met: ck_narrowing) {
    var bits = [UInt16](repeating: 0, count: values.count)
    let met = unsafe ck_float_to_float16(values, &bits, values.count)
    return (bits, met)
  }

  private func bfloat16(_ values: [Float]) -> (bits: [UInt16], met: ck_narrowing) {
    var bits = [UInt16](repeating: 0, count: values.count)
    let met = unsafe ck_float_to_bfloat16(values, &bits, values.count)
    return (bits, met)
  }

  /// Every 2,039th float: all exponents, both signs, infinities and NaNs.
  private static let spread = stride(from: UInt32(0), to: UInt32.max - 2039, by: 2039)
    .map { Float(bitPattern: $0) }

  @Test("agrees with the language's half precision over the whole range")
  func float16Spread() {
    let expected = Self.spread.map { Float16($0).bitPattern }
    let (bits, met) = float16(Self.spread)
    let wrong = bits.indices.filter { bits[$0] != expected[$0] && !Self.spread[$0].isNaN }
    #expect(wrong == [])
    #expect(Self.spread.indices.allSatisfy { !Self.spread[$0].isNaN || bits[$0] & 0x7FFF > 0x7C00 })
    #expect(met.non_finite == Self.spread.count { !$0.isFinite })
    let overflowed = zip(Self.spread, expected).count { value, half in
      value.isFinite && half & 0x7FFF == 0x7C00
    }
    #expect(met.overflowed == overflowed)
  }

  @Test("keeps every half, subnormal ones too")
  func float16Exact() {
    let halves = (0...UInt16.max).filter { Float16(bitPattern: $0).isFinite }
    let (bits, met) = float16(halves.map { Float(Float16(bitPattern: $0)) })
    #expect(bits == halves)
    #expect(met.non_finite == 0)
    #expect(met.overflowed == 0)
  }

  @Test("rounds a tie to the even neighbour and counts what becomes infinite")
  func float16Ties() {
    let cases: [(Float, UInt16)] = [
      (2049, 0x6800), (2051, 0x6802), (65_519.996, 0x7BFF), (65_520, 0x7C00), (-70_000, 0xFC00),
      (0x1p-25, 0), (0x1.000002p-25, 1), (0x3p-25, 2), (-0x1p-24, 0x8001), (0x1.FF8p-15, 0x03FF),
      (0x1.FFCp-15, 0x0400), (-0.0, 0x8000),
    ]
    let (bits, met) = float16(cases.map(\.0))
    #expect(bits == cases.map(\.1))
    #expect(met.overflowed == 2)
  }

  @Test("rounds to the nearest bfloat16, ties to even")
  func bfloat16Spread() {
    let expected = Self.spread.map { value -> UInt16 in
      if value.isNaN { return 0x7FC0 }
      return UInt16(StoreFixture.roundedToBFloat16(value).bitPattern >> 16)
    }
    let (bits, met) = bfloat16(Self.spread)
    let wrong = bits.indices.filter { index in
      let value = Self.spread[index]
      // Infinity has no distance to search by, and neither has what rounds to it.
      guard value.magnitude < 0x1.FEp127 else { return false }
      return bits[index] != expected[index]
    }
    #expect(wrong == [])
    #expect(Self.spread.indices.allSatisfy { !Self.spread[$0].isNaN || bits[$0] & 0x7FFF > 0x7F80 })
    #expect(met.non_finite == Self.spread.count { !$0.isFinite })
    #expect(met.overflowed == Self.spread.count { $0.isFinite && $0.magnitude >= 0x1.FFp127 })
  }

  @Test("counts what is not finite")
  func nonFinite() {
    for count in [0, 1, 7, 33, 255] {
      var values = [Float](repeating: .greatestFiniteMagnitude, count: count)
      #expect(unsafe ck_count_non_finite(values, count) == 0)
      if count > 0 { values[count - 1] = .nan }
      if count > 1 { values[0] = -.infinity }
      #expect(unsafe ck_count_non_finite(values, count) == min(count, 2))
    }
  }
}
