import Inference

extension ModelChecks {
  /// The prompts of one part of the data.
  ///
  /// - Parameters:
  ///   - part: which.
  ///   - parts: the part of each prompt.
  /// - Returns: where they are.
  public func indices(of part: PromptPart, _ parts: [PromptPart]) -> [Int] {
    precondition(parts.count == prompts.count, "\(parts.count) parts for \(prompts.count) prompts")
    return parts.indices.filter { parts[$0] == part }
  }

  /// The same model with some of the prompts.
  public func restricted(to indices: [Int]) throws -> ModelChecks {
    try ModelChecks(
      indices.map { tokens[$0] }, indices.map { prompts[$0] }, decoder: decoder, threads: threads,
      seed: seed)
  }

  /// The same prompts with another model.
  func with(_ decoder: Decoder) throws -> ModelChecks {
    try ModelChecks(tokens, prompts, decoder: decoder, threads: threads, seed: seed)
  }

  /// A seeded sample of a part of the data, of those prompts on which the model does what it should: R above 0
  /// for class 1 and below 0 for class 0.
  ///
  /// - Parameters:
  ///   - part: which part.
  ///   - parts: the part of each prompt.
  ///   - count: the most prompts to draw of either class.
  ///   - refusal: what R is measured by; nil keeps all that are drawn.
  /// - Returns: where the prompts are.
  /// - Throws: `ModelFileError` where weights cannot be read.
  func directionSample(
    _ part: PromptPart, _ parts: [PromptPart], perClass count: Int, keptBy refusal: RefusalOpening?
  ) throws -> DirectionSample {
    let members = indices(of: part, parts)
    let ofPart = try restricted(to: members)
    let drawn = [1, 0].map { label in
      ofPart.sample(ofClass: label, count: count, stream: .directionPrompts).map { members[$0] }
    }
    var kept = drawn
    if let refusal {
      for (index, sign) in [(0, 1.0), (1, -1.0)] {
        let logOdds = try restricted(to: drawn[index]).refusalLogOdds(refusal)
        kept[index] = zip(drawn[index], logOdds).filter { sign * $0.1 > 0 }.map(\.0)
      }
    }
    return DirectionSample(
      part: part, drawnPositives: drawn[0].count, drawnNegatives: drawn[1].count,
      positives: kept[0], negatives: kept[1])
  }
}
