/// Which two neighbours become one token, and how early.
package struct MergeTable: Sendable {
  /// Pair and outcome side by side: `left << 32 | right`, `rank << 32 | result`.
  private var slots: [UInt64]
  private var mask: Int
  private let multiplier = UInt64.random(in: 0...UInt64.max) | 1

  /// No pair has this key: ids are below 2^22.
  private static let empty = UInt64.max

  /// A table with room for a number of merges.
  package init(capacity: Int) {
    var places = 16
    while places < capacity * 2 { places *= 2 }
    slots = [UInt64](repeating: Self.empty, count: places * 2)
    mask = places - 1
  }

  /// Adds a merge; false when the pair is there already.
  package mutating func insert(_ left: Int32, _ right: Int32, rank: Int, result: Int32) -> Bool {
    let key = Self.key(left, right)
    var slot = place(key)
    while slots[slot * 2] != Self.empty {
      if slots[slot * 2] == key { return false }
      slot = (slot + 1) & mask
    }
    slots[slot * 2] = key
    slots[slot * 2 + 1] = UInt64(rank) << 32 | UInt64(result)
    return true
  }

  /// `rank << 32 | result` of two neighbours, `.max` when they stay apart.
  package func merge(_ left: Int32, _ right: Int32) -> UInt64 {
    let key = Self.key(left, right)
    var slot = place(key)
    while slots[slot * 2] != key {
      if slots[slot * 2] == Self.empty { return .max }
      slot = (slot + 1) & mask
    }
    return slots[slot * 2 + 1]
  }

  /// All merges in the order of their ranks.
  package var byRank: [(left: Int32, right: Int32, rank: Int, result: Int32)] {
    stride(from: 0, to: slots.count, by: 2).filter { slots[$0] != Self.empty }.map { slot in
      (
        Int32(truncatingIfNeeded: slots[slot] >> 32), Int32(truncatingIfNeeded: slots[slot]),
        Int(slots[slot + 1] >> 32), Int32(truncatingIfNeeded: slots[slot + 1])
      )
    }.sorted { $0.rank < $1.rank }
  }

  private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }

  private func place(_ key: UInt64) -> Int {
    let mixed = (key ^ key >> 29) &* multiplier
    return Int(truncatingIfNeeded: mixed >> 32) & mask
  }
}
