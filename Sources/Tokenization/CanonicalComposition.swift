/// Normalization form C of Unicode 9.0, the version HuggingFace's normaliser has.
///
/// Characters assigned since are left as they are: composing them would give ids that the model never
/// saw in training.
package struct CanonicalComposition: Sendable {
  /// A canonical decomposition, one step: into two scalars, or into one when `second` is 0.
  private struct Pair {
    var first: UInt32
    var second: UInt32
  }

  private let combiningClasses: PagedTable
  private let decompositions: [UInt32: Pair]
  private let compositions: [UInt64: UInt32]
  /// Second scalars of compositions: text must not be cut before them.
  private let seconds: Set<UInt32>

  package static let unicode9 = CanonicalComposition()

  private init() {
    var packed = PackedNumbers(CanonicalCompositionTable.packed)
    func number() -> Int {
      guard let number = packed.next() else { preconditionFailure("the table ends early") }
      return number
    }
    var runs: [PagedTable.Run] = []
    for _ in 0..<number() {
      let length = number()
      runs.append(PagedTable.Run(length: length, value: UInt8(number())))
    }
    combiningClasses = PagedTable(runs)

    var decompositions: [UInt32: Pair] = [:]
    var compositions: [UInt64: UInt32] = [:]
    var seconds: Set<UInt32> = []
    var scalar: UInt32 = 0
    for _ in 0..<number() {
      let step = number()
      scalar += UInt32(step >> 1)
      let pair = Pair(first: UInt32(number()), second: UInt32(number()))
      decompositions[scalar] = pair
      if step & 1 == 1 {
        compositions[UInt64(pair.first) << 32 | UInt64(pair.second)] = scalar
        seconds.insert(pair.second)
      }
    }
    self.decompositions = decompositions
    self.compositions = compositions
    self.seconds = seconds
  }

  /// Whether text may be cut before a scalar, so that both sides compose on their own.
  package func isBoundary(before scalar: UInt32) -> Bool {
    if scalar < 0x300 { return true }
    var first = scalar
    while let pair = decompositions[first] { first = pair.first }
    return combiningClasses[first] == 0 && !seconds.contains(first)
      && !Hangul.vowels.contains(first) && !Hangul.trailing.contains(first)
  }

  /// Whether a scalar may compose to something else on its own.
  func changes(_ scalar: UInt32) -> Bool {
    scalar >= 0x300 && decompositions[scalar] != nil
  }

  /// Composes a run of scalars that starts at a boundary.
  package func composed(_ run: [UInt32]) -> [UInt32] {
    var scalars: [UInt32] = []
    for scalar in run { decompose(scalar, into: &scalars) }
    sortMarks(&scalars)
    return compose(scalars)
  }

  private func decompose(_ scalar: UInt32, into scalars: inout [UInt32]) {
    if let pair = decompositions[scalar] {
      decompose(pair.first, into: &scalars)
      if pair.second != 0 { decompose(pair.second, into: &scalars) }
    } else if Hangul.syllables.contains(scalar) {
      scalars += Hangul.decomposed(scalar)
    } else {
      scalars.append(scalar)
    }
  }

  /// Puts every stretch of combining marks in the order of their classes, keeping equals in place.
  private func sortMarks(_ scalars: inout [UInt32]) {
    var start = 0
    while start < scalars.count {
      var end = start
      while end < scalars.count, combiningClasses[scalars[end]] != 0 { end += 1 }
      if end - start > 1 {
        // A stable sort by counting: 240 classes, and texts with a million marks exist.
        var buckets: [UInt8: [UInt32]] = [:]
        for scalar in scalars[start..<end] {
          buckets[combiningClasses[scalar], default: []].append(scalar)
        }
        let sorted = buckets.sorted { $0.key < $1.key }.flatMap(\.value)
        scalars.replaceSubrange(start..<end, with: sorted)
      }
      start = end + 1
    }
  }

  private func compose(_ scalars: [UInt32]) -> [UInt32] {
    var composed: [UInt32] = []
    var starter: Int?
    var lastClass = -1  // of the scalars since the starter; -1 when there are none
    for scalar in scalars {
      let combiningClass = Int(combiningClasses[scalar])
      if let starter, lastClass < combiningClass,
        let whole = composition(composed[starter], scalar)
      {
        composed[starter] = whole
        continue
      }
      if combiningClass == 0 {
        starter = composed.count
        lastClass = -1
      } else {
        lastClass = combiningClass
      }
      composed.append(scalar)
    }
    return composed
  }

  private func composition(_ first: UInt32, _ second: UInt32) -> UInt32? {
    Hangul.composition(first, second) ?? compositions[UInt64(first) << 32 | UInt64(second)]
  }
}

/// Hangul syllables, which compose by arithmetic.
private enum Hangul {
  static let syllables: Range<UInt32> = 0xAC00..<0xD7A4
  static let leading: Range<UInt32> = 0x1100..<0x1113
  static let vowels: Range<UInt32> = 0x1161..<0x1176
  static let trailing: Range<UInt32> = 0x11A8..<0x11C3

  static func decomposed(_ syllable: UInt32) -> [UInt32] {
    let index = syllable - syllables.lowerBound
    let pair = [leading.lowerBound + index / 588, vowels.lowerBound + index % 588 / 28]
    return index % 28 == 0 ? pair : pair + [trailing.lowerBound - 1 + index % 28]
  }

  static func composition(_ first: UInt32, _ second: UInt32) -> UInt32? {
    if leading.contains(first), vowels.contains(second) {
      let index = (first - leading.lowerBound) * 21 + (second - vowels.lowerBound)
      return syllables.lowerBound + index * 28
    }
    guard syllables.contains(first), (first - syllables.lowerBound) % 28 == 0,
      trailing.contains(second)
    else { return nil }
    return first + (second - trailing.lowerBound + 1)
  }
}
