/// Ranges of a text in which what looks like an added token is ordinary text.
struct LiteralRanges: Sendable {
  /// Sorted, neither empty nor touching.
  private let ranges: [Range<Int>]

  init(_ ranges: [Range<Int>]) {
    var merged: [Range<Int>] = []
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) where !range.isEmpty {
      if let last = merged.last, range.lowerBound <= last.upperBound {
        merged[merged.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
      } else {
        merged.append(range)
      }
    }
    self.ranges = merged
  }

  /// Whether all of a range is literal.
  func contains(_ range: Range<Int>) -> Bool {
    if range.isEmpty { return true }
    guard let next = first(endingAfter: range.lowerBound) else { return false }
    return ranges[next].lowerBound <= range.lowerBound
      && range.upperBound <= ranges[next].upperBound
  }

  /// Whether any of a range is literal.
  func overlaps(_ range: Range<Int>) -> Bool {
    guard !range.isEmpty, let next = first(endingAfter: range.lowerBound) else { return false }
    return ranges[next].lowerBound < range.upperBound
  }

  private func first(endingAfter place: Int) -> Int? {
    var (low, high) = (0, ranges.count)
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].upperBound > place { high = middle } else { low = middle + 1 }
    }
    return low < ranges.count ? low : nil
  }
}
