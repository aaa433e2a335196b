import Inference
extension ModelChecks {
  /// A seeded sample of one class, taken from groups in turn so that each has about as many prompts in it.
  ///
  /// - Parameters:
  ///   - label: the class.
  ///   - count: the most prompts to take.
  ///   - stream: which random numbers to use.
  /// - Returns: indices of prompts, ascending.
  package func sample(ofClass label: Int, count: Int, stream: RandomStream) -> [Int] {
    let clusters = Clusters(prompts)
    var members = [[Int]](repeating: [], count: clusters.count)
    for prompt in prompts.indices where prompts[prompt].label == label {
      members[clusters.indices[prompt]].append(prompt)
    }
    var generator = SeededGenerator(seed: seed, stream: stream)
    for cluster in members.indices { generator.shuffle(&members[cluster]) }
    members.removeAll { $0.isEmpty }
    generator.shuffle(&members)
    var taken: [Int] = []
    var round = 0
    while taken.count < count, members.contains(where: { $0.count > round }) {
      let next = members.compactMap { $0.count > round ? $0[round] : nil }
      taken += next.prefix(count - taken.count)
      round += 1
    }
    return taken.sorted()
  }
}
