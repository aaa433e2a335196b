/// Bytes to tokenise, and where in the caller's text each of them comes from.
struct AlignedText {
  /// What is tokenised.
  private(set) var bytes: [UInt8]
  /// The range in the caller's text of each byte; nil while byte i is the caller's byte i.
  private var origins: (starts: [UInt32], ends: [UInt32])?

  /// The caller's text as it is.
  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    origins = nil
  }

  /// Nothing yet; to be appended to.
  init() {
    bytes = []
    origins = ([], [])
  }

  /// Where in the caller's text a range of bytes comes from; empty for bytes that were put in.
  func origin(of range: Range<Int>) -> Range<Int> {
    guard let origins, !range.isEmpty else { return range }
    let start = Int(origins.starts[range.lowerBound])
    return start..<max(start, Int(origins.ends[range.upperBound - 1]))
  }

  /// Takes over a range of another text unchanged.
  mutating func append(_ range: Range<Int>, of other: AlignedText) {
    bytes += other.bytes[range]
    if let origins = other.origins {
      self.origins?.starts += origins.starts[range]
      self.origins?.ends += origins.ends[range]
    } else {
      self.origins?.starts += range.map { UInt32($0) }
      self.origins?.ends += range.map { UInt32($0 + 1) }
    }
  }

  /// Takes over a range of another text with its bytes replaced: each new byte comes from all of it.
  mutating func append(_ replacement: [UInt8], for range: Range<Int>, of other: AlignedText) {
    let origin = other.origin(of: range)
    bytes += replacement
    origins?.starts += repeatElement(UInt32(origin.lowerBound), count: replacement.count)
    origins?.ends += repeatElement(UInt32(origin.upperBound), count: replacement.count)
  }

  /// Puts in bytes that come from nowhere, at a place before `index` of another text.
  mutating func insert(_ addition: [UInt8], before index: Int, of other: AlignedText) {
    let place = index < other.bytes.count ? other.origin(of: index..<index + 1).lowerBound : 0
    bytes += addition
    origins?.starts += repeatElement(UInt32(place), count: addition.count)
    origins?.ends += repeatElement(UInt32(place), count: addition.count)
  }
}
