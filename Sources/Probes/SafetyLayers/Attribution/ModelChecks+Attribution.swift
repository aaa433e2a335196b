public import Inference
import ModelFiles
import Tokenization

extension ModelChecks {
  /// Projects what every attention, head and MLP writes at the last positions onto a direction.
  ///
  /// Takes one pass over the prompts.
  ///
  /// - Parameters:
  ///   - direction: the direction, of the residual stream.
  ///   - refusal: what every reply begins with before refusals part from answers.
  ///   - parts: the part of the data that each prompt is for; prompts are of the part to report on.
  ///   - perClass: the most prompts of either class.
  ///   - draws: bootstrap draws, of pairs and of prompts without one.
  /// - Returns: differences of class means.
  /// - Throws: `InferenceError.vectorWidth` where the direction is not as wide as the stream.
  public func directAttribution(
    _ direction: Direction, _ refusal: RefusalOpening, parts: [PromptPart], perClass: Int = 64,
    draws: Int = 1000
  ) throws -> DirectAttribution {
    guard direction.unit.count == decoder.description.dModel else {
      throw InferenceError.vectorWidth(
        source: "the direction", found: direction.unit.count, site: direction.site.name,
        expected: decoder.description.dModel)
    }
    let members = indices(of: .test, parts)
    let ofPart = try restricted(to: members)
    let drawn = [1, 0].flatMap {
      ofPart.sample(ofClass: $0, count: perClass, stream: .attributionPrompts)
    }.sorted()
    let labels = drawn.map { ofPart.prompts[$0].label }
    let inputs = drawn.map { ofPart.tokens[$0].followed(by: refusal.prefix) }
    let tail = TailPositions(
      tokens.map { $0.followed(by: refusal.prefix) }, replyCount: refusal.prefix.count)
    let projected = try ProjectedModules(
      decoder, inputs, positions: tail.count, along: direction.unit, threads: threads)
    // Pairs are drawn whole; prompts of one topic are not, for the modules are the question, not the topics.
    let bootstrap = ClusterBootstrap(
      clusters: Clusters(
        drawn.map { ProbePrompt(label: 0, pair: ofPart.prompts[$0].pair) }),
      draws: draws, seed: seed)
    func difference(_ values: [Double]) -> Estimate? {
      bootstrap.classDifference(values, labels: labels)
    }
    var cells: [AttributedCell] = []
    var heads: [AttributedHead] = []
    var layers: [AttributedLayer] = []
    for layer in projected.attention.indices {
      var best: AttributedLayer?
      for (place, name) in tail.names.enumerated() {
        let (attention, mlp) = (
          projected.attention[layer].map { $0[place] }, projected.mlp[layer].map { $0[place] }
        )
        for (site, values) in [(PatchedSite.attention, attention), (.mlp, mlp)] {
          if let contribution = difference(values) {
            cells.append(
              AttributedCell(
                layer: layer, site: site, position: name, contribution: contribution))
          }
        }
        if let both = difference(zip(attention, mlp).map { $0 + $1 }),
          both.value > best?.contribution.value ?? -.infinity
        {
          best = AttributedLayer(layer: layer, position: name, contribution: both)
        }
        for (head, values) in projected.heads[layer].enumerated() {
          heads.append(
            AttributedHead(
              layer: layer, head: head, position: name,
              contribution: classDifference(values.map { $0[place] }, labels: labels)))
        }
      }
      if let best { layers.append(best) }
    }
    return DirectAttribution(
      positives: labels.count { $0 == 1 }, negatives: labels.count { $0 == 0 },
      positions: tail.names, cells: cells, heads: heads, layers: layers,
      identityError: projected.identityError)
  }
}

/// The mean of the values of class 1 less that of class 0.
private func classDifference(_ values: [Double], labels: [Int]) -> Double {
  func mean(_ label: Int) -> Double {
    Probes.mean(values.indices.filter { labels[$0] == label }.map { values[$0] })
  }
  return mean(1) - mean(0)
}

extension ClusterBootstrap {
  /// The mean of the values of class 1 less that of class 0; nil where a class is missing.
  func classDifference(_ values: [Double], labels: [Int]) -> Estimate? {
    func mean(_ label: Int) -> DrawnFigure {
      let ones = labels.map { $0 == label ? 1.0 : 0 }
      let total = ones.reduce(0, +)
      let own = zip(ones, values).map { $0 == 0 ? 0 : $1 }
      return DrawnFigure(
        value: total == 0 ? nil : own.reduce(0, +) / total, replicates: ratios(own, over: ones))
    }
    return mean(1).gain(over: mean(0))
  }
}
