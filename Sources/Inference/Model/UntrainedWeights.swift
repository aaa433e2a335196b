import ModelFiles

/// The weights of a model before any training: what the Llama family starts from in transformers.
///
/// Every matrix, the embedding included, is normal with a standard deviation of 0.02, output projections not
/// scaled down; norm weights are 1 and biases 0. A row is drawn from a stream of its own, so that it is the
/// same whether it is read alone or with its matrix.
struct UntrainedWeights: WeightSource {
  /// Standard deviation of every matrix.
  static let standardDeviation = 0.02

  private let root: UInt64
  private let tensors: [String: (index: UInt64, shape: [Int])]

  /// Draws weights for a description.
  init(_ description: DecoderDescription, seed: UInt64) {
    var numbers = SplitMix64(seed: seed)
    root = numbers.next()
    tensors = Dictionary(
      uniqueKeysWithValues: DecoderWeights.requirements(description).enumerated().map {
        ($1.name, (UInt64($0), $1.shape))
      })
  }

  package func shape(of name: String) -> [Int] { tensor(name).shape }

  package func read(_ name: String, into values: inout MutableSpan<Float>) {
    let shape = shape(of: name)
    guard shape.count == 2 else {
      let constant: Float = name.hasSuffix(".bias") ? 0 : 1
      for index in values.indices { values[index] = constant }
      return
    }
    for row in 0..<shape[0] {
      var target = values._mutatingExtracting(row * shape[1]..<(row + 1) * shape[1])
      read(name, row: row, into: &target)
    }
  }

  package func read(_ name: String, row: Int, into values: inout MutableSpan<Float>) {
    var key = SplitMix64(seed: root ^ tensor(name).index)
    var rowKey = SplitMix64(seed: key.next() ^ UInt64(row))
    var numbers = SplitMix64(seed: rowKey.next())
    for index in stride(from: 0, to: values.count, by: 2) {
      let (first, second) = numbers.nextNormals()
      values[index] = Float(Self.standardDeviation * first)
      if index + 1 < values.count { values[index + 1] = Float(Self.standardDeviation * second) }
    }
  }

  package func announce(_ name: String) {}

  package func release(_ name: String) {}

  private func tensor(_ name: String) -> (index: UInt64, shape: [Int]) {
    guard let tensor = tensors[name] else {
      preconditionFailure("\(name) is no tensor of this description")
    }
    return tensor
  }
}
