import Inference

/// Draws that a seed and a stream decide, the same on every machine and with every compiler.
struct SeededDraws {
  /// What is drawn, so that one choice does not shift another.
  enum Stream: UInt64 {
    case formatSample = 1
    case selection = 2
    case places = 3
    case options = 4
    case standIns = 5
  }

  private var generator: SplitMix64

  /// Starts a stream of a seed, for one item where an index is given.
  init(seed: UInt64, _ stream: Stream, index: Int = 0) {
    var mixer = SplitMix64(seed: seed)
    var inner = SplitMix64(seed: mixer.next() ^ (stream.rawValue << 56))
    generator = SplitMix64(seed: inner.next() ^ UInt64(index))
  }

  /// A number from 0 up to a bound, each as likely.
  mutating func index(below bound: Int) -> Int {
    precondition(bound > 0, "a draw below \(bound)")
    return Int(generator.next().multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// The numbers from 0 up to a count in random order.
  mutating func permutation(of count: Int) -> [Int] {
    var order = Array(0..<count)
    for last in stride(from: count - 1, to: 0, by: -1) {
      order.swapAt(last, index(below: last + 1))
    }
    return order
  }
}
