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

  /// The same, where what is fitted on one part is reported on another.
  ///
  /// - Parameter seed: fixes the draw.
  /// - Returns: a part for each prompt.
  /// - Throws: `LabeledPromptsError` where prompts of one group, pair or text are of different parts.
  public func disjointParts(seed: UInt64) throws(LabeledPromptsError) -> [PromptPart] {
    let parts = partsOrDraw(seed: seed)
    let clusters = Clusters(prompts)
    var firsts = [Int?](repeating: nil, count: clusters.count)
    for (place, cluster) in clusters.indices.enumerated() {
      guard let first = firsts[cluster] else {
        firsts[cluster] = place
        continue
      }
      if parts[first] != parts[place] {
        throw .dividedPart(
          path: path, ids: [ids[first], ids[place]], parts: [parts[first], parts[place]])
      }
    }
    return parts
  }

  /// Refuses parts without prompts of both classes.
  ///
  /// - Parameters:
  ///   - needed: the parts.
  ///   - parts: the part of each prompt.
  /// - Throws: `LabeledPromptsError`.
  public func demandBothClasses(
    in needed: [PromptPart], _ parts: [PromptPart]
  ) throws(LabeledPromptsError) {
    for part in needed {
      for label in 0...1 {
        let isThere = parts.indices.contains { parts[$0] == part && prompts[$0].label == label }
        if !isThere {
          throw .emptyPart(path: path, part: part, label: label, isDrawn: self.parts == nil)
        }
      }
    }
  }
}
