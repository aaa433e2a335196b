import Inference

extension LabeledPrompts {
  /// The part each prompt is for: as the file says, or by a seeded draw of whole clusters.
  ///
  /// A draw gives about 60 % of the prompts to fit on, 20 % to choose by and 20 % to report on.
  ///
  /// - Parameter seed: fixes the draw.
  /// - Returns: a part for each prompt.
  public func partsOrDraw(seed: UInt64) -> [PromptPart] {
    if let parts { return parts }
    let clusters = Clusters(prompts)
    var sizes = [Int](repeating: 0, count: clusters.count)
    for cluster in clusters.indices { sizes[cluster] += 1 }
    var order = Array(0..<clusters.count)
    var generator = SeededGenerator(seed: seed, stream: .promptParts)
    generator.shuffle(&order)
    var partOfCluster = [PromptPart](repeating: .test, count: clusters.count)
    var dealt = 0
    for cluster in order {
      let share = Double(dealt) / Double(prompts.count)
      partOfCluster[cluster] = share < 0.6 ? .train : share < 0.8 ? .dev : .test
      dealt += sizes[cluster]
    }
    return clusters.indices.map { partOfCluster[$0] }
  }
}
