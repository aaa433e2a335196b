/// A random generator whose stream is fixed by its seed for good.
///
/// The standard library may change how it shuffles; a fold, an order of examples or a bootstrap draw must
/// be the same in every release, so drawing and shuffling are spelled out here.
package struct SeededGenerator {
  private var bits: SplitMix64

  /// A stream of its own for each purpose, so that adding draws to one never moves another.
  package init(seed: UInt64, stream: UInt64) {
    var first = SplitMix64(seed: seed)
    bits = SplitMix64(seed: first.next() ^ stream)
  }

  /// The next 64 bits.
  package mutating func next() -> UInt64 {
    bits.next()
  }

  /// A whole number below a bound, each equally likely.
  package mutating func below(_ bound: Int) -> Int {
    precondition(bound > 0, "nothing to draw below \(bound)")
    let width = UInt64(bound)
    // Draws below the remainder of 2^64 by the bound would make small numbers likelier.
    let firstFair = (0 &- width) % width
    while true {
      let bits = next()
      if bits >= firstFair { return Int(bits % width) }
    }
  }

  /// The whole numbers below a count in random order.
  package mutating func permutation(of count: Int) -> [Int] {
    var order = Array(0..<count)
    shuffle(&order)
    return order
  }

  /// Puts elements in random order.
  package mutating func shuffle<Element>(_ elements: inout [Element]) {
    var last = elements.count - 1
    while last > 0 {
      elements.swapAt(last, below(last + 1))
      last -= 1
    }
  }
}
