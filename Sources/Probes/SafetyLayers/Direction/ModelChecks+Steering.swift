import Foundation
import Inference
import Kernels
import Synchronization
import Tokenization

extension ModelChecks {
  /// Measures conditional steering: how well its gate tells prompts apart, and what it does to refusals.
  ///
  /// - Parameters:
  ///   - refusal: the first tokens of refusals, and what every reply begins with before them.
  ///   - parts: the part of the data that each prompt is for: vectors, threshold and figures are of different
  ///     ones.
  ///   - consent: the first token of a reply that agrees, which the gate appends.
  ///   - endOfSequence: tokens that end a reply.
  ///   - options: how many prompts, and how strong.
  /// - Returns: the figures; nil where a part has too few prompts of a class.
  /// - Throws: `ModelFileError` where weights cannot be read.
  public func conditionalSteering(
    _ refusal: RefusalOpening, parts: [PromptPart], consent: Int32, endOfSequence: Set<Int32>,
    _ options: SteeringMeasure = SteeringMeasure()
  ) throws -> ConditionalSteering? {
    func drawn(_ part: PromptPart, _ count: Int) throws -> ModelChecks {
      let members = indices(of: part, parts)
      let ofPart = try restricted(to: members)
      let some = [1, 0].flatMap {
        ofPart.sample(ofClass: $0, count: count, stream: .steeringPrompts)
      }.sorted()
      return try ofPart.restricted(to: some)
    }
    let anchors = try drawn(.train, options.anchorsPerClass)
    let setting = try drawn(.dev, options.testPerClass)
    let tested = try drawn(.test, options.testPerClass)
    for checks in [anchors, setting, tested] {
      for label in 0...1 {
        guard
          checks.prompts.count(where: { $0.label == label }) >= ConditionalSteering.leastPerClass
        else { return nil }
      }
    }
    let layerCount = decoder.description.layerCount
    let gateLayers = options.gateLayers(of: layerCount)
    let steeredLayers = options.steeredLayers(of: layerCount)
    let gate = try SteeringGate(anchors, consent: consent, layers: gateLayers)
    let ofSetting = try gate.scores(setting)
    let threshold = zip(setting.prompts, ofSetting).filter { $0.0.label == 0 }.map(\.1)
      .threshold(falseAlarms: options.falseAlarms)
    let scores = try gate.scores(tested)
    let labels = tested.prompts.map(\.label)
    let vectors = try SteeringVectors(anchors, refusal, layers: steeredLayers)
    let bench = SteeringBench(checks: tested, refusal: refusal, vectors: vectors)
    let before = try bench.logOdds(signs: labels.map { _ in 0 }, strength: 0)
    let bootstrap = ClusterBootstrap(
      clusters: Clusters(tested.prompts), draws: options.draws, seed: seed)
    func change(_ after: [Double], _ label: Int) -> Estimate? {
      let ones = labels.map { $0 == label ? 1.0 : 0 }
      return bootstrap.ratio(zip(ones, zip(after, before)).map { $0 * ($1.0 - $1.1) }, over: ones)
    }
    func cells(_ after: [Double], _ label: Int) -> RefusedCells? {
      let rows = labels.indices.filter { labels[$0] == label }
      return change(after, label).map {
        RefusedCells(
          prompts: rows.count, refusedBefore: rows.count { before[$0] > 0 },
          refusedAfter: rows.count { after[$0] > 0 }, change: $0)
      }
    }
    let harmless = labels.indices.filter { labels[$0] == 0 }
    let some = Array(harmless.prefix(options.repliedPrompts))
    let replies = try LossComparison(
      repliesOf: tested.restricted(to: some), endOfSequence: endOfSequence,
      maxTokens: options.replyTokens,
      draws: options.draws)
    let signs = scores.map { $0 >= threshold ? 1.0 : -1 }
    let outcomes = try options.strengths.compactMap { strength -> SteeredOutcome? in
      let after = try bench.logOdds(signs: signs, strength: strength)
      guard let positives = cells(after, 1), let negatives = cells(after, 0) else { return nil }
      // Harmless replies are steered as the gate has it for most of them: away from refusal.
      let compared = try replies?.compare { prompt, start in
        vectors.hooks(
          positions: vectors.firstPosition(of: prompt, start: start)..<prompt.ids.count,
          signed: -strength)
      }
      return SteeredOutcome(
        strength: strength, positives: positives, negatives: negatives, replies: compared)
    }
    let strongest = options.strengths.max() ?? 0
    let towards = try bench.logOdds(signs: labels.map { _ in 1 }, strength: strongest)
    let rising = harmless.count { towards[$0] > before[$0] }
    guard let rise = change(towards, 0) else { return nil }
    func share(_ label: Int) -> Double {
      let rows = labels.indices.filter { labels[$0] == label }
      return Double(rows.count { signs[$0] > 0 }) / Double(rows.count)
    }
    return ConditionalSteering(
      options: options, anchorPositives: anchors.prompts.count { $0.label == 1 },
      anchorNegatives: anchors.prompts.count { $0.label == 0 },
      gateLayers: [gateLayers.lowerBound, gateLayers.upperBound - 1],
      steeredLayers: [steeredLayers.lowerBound, steeredLayers.upperBound - 1], consent: consent,
      gateAUROC: bootstrap.areas(
        RankedScores(
          scores: scores, labels: labels, folds: [Int](repeating: 0, count: labels.count))
      ).estimate, threshold: threshold, falseAlarms: share(0), found: share(1),
      strengths: outcomes,
      signTest: SignTest(
        strength: strongest, rising: rising, prompts: harmless.count, change: rise,
        chance: binomialTail(atLeast: rising, of: harmless.count)))
  }
}

/// How likely at least so many heads of fair coins are.
package func binomialTail(atLeast count: Int, of total: Int) -> Double {
  func logFactorial(_ number: Int) -> Double { lgamma(Double(number + 1)) }
  var sum = 0.0
  for heads in max(count, 0)..<total + 1 {
    let logWays = logFactorial(total) - logFactorial(heads) - logFactorial(total - heads)
    sum += exp(logWays - Double(total) * log(2))
  }
  return sum
}

extension [Double] {
  /// The smallest threshold that at most a share of the values reaches.
  fileprivate func threshold(falseAlarms: Double) -> Double {
    let sorted = sorted()
    guard let last = sorted.last else { return 0 }
    let allowed = Int(falseAlarms * Double(count))
    return allowed == 0 ? last.nextUp : sorted[count - allowed]
  }
}
