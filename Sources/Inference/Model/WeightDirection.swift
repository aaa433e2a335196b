/// A random direction in the space of a model's weights, which is never stored.
///
/// Every component comes from the seed, the tensor's name and its own index alone, so that it is the same whichever
/// part of a tensor is asked for, in whatever order. Matrices have normal components; vectors, which are gains of
/// norms and biases, have none.
public struct WeightDirection: Sendable {
  private let root: UInt64

  /// Names a direction.
  public init(seed: UInt64) {
    var numbers = SplitMix64(seed: seed)
    root = numbers.next()
  }

  /// The components of a matrix before it is scaled, row by row, from one of them on.
  package func components(of name: String, from first: Int) -> Components {
    Components(key: key(of: name), first: first)
  }

  /// Numbers of a tensor's own, from its first on.
  package func numbers(of name: String) -> SplitMix64 { SplitMix64(seed: key(of: name)) }

  /// Components one after another.
  package struct Components {
    private var numbers: SplitMix64
    private var other: Double?

    fileprivate init(key: UInt64, first: Int) {
      // They come in pairs, each of two draws.
      numbers = SplitMix64(seed: key, skipping: 2 * UInt64(first / 2))
      if first % 2 == 1 { other = numbers.nextNormals().1 }
    }

    /// The next one, rounded to float32 so that the last bits of a machine's logarithm do not matter.
    package mutating func next() -> Float {
      if let second = other {
        other = nil
        return Float(second)
      }
      let (first, second) = numbers.nextNormals()
      other = second
      return Float(first)
    }
  }

  /// Where a tensor's numbers begin: the 64-bit FNV-1a hash of its name, mixed with the seed.
  private func key(of name: String) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    var numbers = SplitMix64(seed: root ^ hash)
    return numbers.next()
  }
}
