struct SHA256 {
  private var h: [UInt32] = [
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab,
    0x5be0_cd19,
  ]
  private var pending: [UInt8] = []
  private var total = 0
  private static let k: [UInt32] = (0..<64).map { n in
    var p = 2
    var found = -1
    while true {
      if (2..<p).allSatisfy({ p % $0 != 0 }) { found += 1 }
      if found == n { break }
      p += 1
    }
    // Cube root fraction in 80-bit arithmetic would be needed in general; Float80 is enough here.
    let r = Float80(p)
    var x = Float80(Double(p).squareRoot())
    for _ in 0..<100 { x = (2 * x + r / (x * x)) / 3 }
    return UInt32((x - x.rounded(.down)) * 4_294_967_296)
  }
  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    total += bytes.count
    unsafe pending.append(contentsOf: bytes)
    var at = 0
    while pending.count - at >= 64 {
      block(Array(pending[at..<at + 64]))
      at += 64
    }
    pending.removeFirst(at)
  }
  private mutating func block(_ b: [UInt8]) {
    var w = [UInt32](repeating: 0, count: 64)
    for i in 0..<16 { for j in 0..<4 { w[i] = w[i] << 8 | UInt32(b[4 * i + j]) } }
    func rr(_ x: UInt32, _ n: UInt32) -> UInt32 { x >> n | x << (32 - n) }
    for i in 16..<64 {
      let s0 = rr(w[i - 15], 7) ^ rr(w[i - 15], 18) ^ (w[i - 15] >> 3)
      let s1 = rr(w[i - 2], 17) ^ rr(w[i - 2], 19) ^ (w[i - 2] >> 10)
      w[i] = w[i - 16] &+ s0 &+ w[i - 7] &+ s1
    }
    var v = h
    for i in 0..<64 {
      let s1 = rr(v[4], 6) ^ rr(v[4], 11) ^ rr(v[4], 25)
      let ch = (v[4] & v[5]) ^ (~v[4] & v[6])
      let t1 = v[7] &+ s1 &+ ch &+ Self.k[i] &+ w[i]
      let s0 = rr(v[0], 2) ^ rr(v[0], 13) ^ rr(v[0], 22)
      let maj = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2])
      v = [t1 &+ s0 &+ maj, v[0], v[1], v[2], v[3] &+ t1, v[4], v[5], v[6]]
    }
    for i in 0..<8 { h[i] = h[i] &+ v[i] }
  }
  mutating func finish() -> String {
    let bits = UInt64(total * 8)
    var tail: [UInt8] = [0x80]
    while (pending.count + tail.count) % 64 != 56 { tail.append(0) }
    for i in 0..<8 { tail.append(UInt8(truncatingIfNeeded: bits >> (56 - 8 * UInt64(i)))) }
    unsafe tail.withUnsafeBytes { unsafe update($0) }
    return h.map { String($0 | 0, radix: 16) }.map {
      String(repeating: "0", count: 8 - $0.count) + $0
    }.joined()
  }
  static func hexadecimal(_ bytes: [UInt8]) -> String {
    var s = SHA256()
    unsafe bytes.withUnsafeBytes { unsafe s.update($0) }
    return s.finish()
  }
}
