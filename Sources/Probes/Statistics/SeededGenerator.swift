import Inference

/// What each stream of random numbers is for; the numbers are part of every result.
package enum RandomStream: UInt64, Sendable {
  case folds = 1
  case bootstrap = 2
  case permutations = 3
  case randomDirections = 4
  case controlLabels = 5
  case splitGroups = 6
  case contrastPairs = 7
  case perceptron = 21
  case attention = 22
  case contrastConsistency = 23
  case outcomeFolds = 24
  case replies = 401
  case interventions = 402
  case interventionDirections = 403
  case tokenView = 405
}

/// A random generator whose stream is fixed by its seed for good.
///
/// The standard library may change how it shuffles; a fold or a bootstrap draw must be the same in
/// every release, so drawing and shuffling are spelled out here.
package struct SeededGenerator {
  private var bits: SplitMix64

  /// A stream of its own for each purpose, so that adding draws to one never moves another.
  package init(seed: UInt64, stream: RandomStream) {
    var first = SplitMix64(seed: seed)
    bits = SplitMix64(seed: first.next() ^ stream.rawValue)
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

  /// Puts elements in random order.
  package mutating func shuffle<Element>(_ elements: inout [Element]) {
    var last = elements.count - 1
    while last > 0 {
      elements.swapAt(last, below(last + 1))
      last -= 1
    }
  }
}
