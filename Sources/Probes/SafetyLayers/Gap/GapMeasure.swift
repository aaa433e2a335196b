import Foundation
import Inference
package import Kernels

/// Measures the gap on vectors that were captured.
package struct GapMeasure: Sendable {
  package let options: GapOptions
  package let prompts: GapPrompts
  package let pairs: PromptPairs
  /// Which prompt takes each place, for every exchange of labels.
  private let exchanges: [[Int]]
  private let seed: UInt64

  /// Draws pairs and exchanges.
  package init(_ prompts: GapPrompts, _ options: GapOptions, seed: UInt64) {
    var generator = SeededGenerator(seed: seed, stream: .gapPairs)
    pairs = PromptPairs(
      options.pairs, harmlessCount: prompts.harmlessCount, of: prompts.places.count, &generator)
    var exchanger = SeededGenerator(seed: seed, stream: .gapPermutations)
    exchanges = prompts.exchanges(options.permutations, &exchanger)
    self.prompts = prompts
    self.options = options
    self.seed = seed
  }

  /// The curves, and the controls that need no other model.
  ///
  /// - Parameters:
  ///   - streams: what leaves each block, `[prompt, d_model]`, in the order of `prompts.places`.
  ///   - threads: how many blocks are measured at a time.
  /// - Returns: figures of every block.
  /// - Throws: nothing of its own.
  package func measure(
    _ streams: [SharedRows], threads: Int
  ) throws -> (curves: GapCurves, swapped: [Estimate], oneSet: [Estimate]) {
    let means = PairMeans(prompts: prompts.places.count, draws: options.draws, seed: seed)
    let oneSet = pairs.ofOneSet(harmlessCount: prompts.harmlessCount)
    let measured = try parallelMap(count: streams.count, threads: threads) { block in
      let table = AngleTable(streams[block])
      let (studentized, exchanged) = studentizedGaps(
        table, asIs: Array(prompts.places.indices), exchanges: exchanges)
      func cosines(_ list: PromptPairs.PairList) -> CosineSummary {
        CosineSummary(list.weighing(table.cosines, table.count))
      }
      let figures = BlockGap(
        block: block, harmless: cosines(pairs.harmless), across: cosines(pairs.across),
        harmful: cosines(pairs.harmful), gap: means.textGap(table, pairs).knownEstimate,
        codeGap: means.codeGap(table, pairs).knownEstimate, studentizedGap: studentized)
      return (
        figures, exchanged, swapped: means.textGap(table, pairs.swapped).knownEstimate,
        oneSet: means.textGap(table, oneSet).knownEstimate
      )
    }
    let blocks = measured.map(\.0)
    return (
      GapCurves(
        blocks: blocks,
        finding: GapFinding(
          blocks, maxima: Self.maxima(measured.map(\.1)), legacyMargin: options.legacyMargin)),
      measured.map(\.swapped), measured.map(\.oneSet)
    )
  }

  /// How much larger the gap is in one model than in another, on the same pairs and draws.
  ///
  /// - Parameters:
  ///   - streams: what leaves each block of the one, `[prompt, d_model]`.
  ///   - others: the same of the other.
  ///   - threads: how many blocks are measured at a time.
  /// - Returns: differences in degrees, with bands that hold for all blocks together.
  /// - Throws: nothing of its own.
  package func changes(
    to streams: [SharedRows], from others: [SharedRows], threads: Int
  ) throws -> [Estimate] {
    let means = PairMeans(prompts: prompts.places.count, draws: options.draws, seed: seed)
    let drawn = try parallelMap(count: streams.count, threads: threads) { block in
      means.textGap(AngleTable(streams[block]), pairs)
        .minus(means.textGap(AngleTable(others[block]), pairs))
    }
    return SimultaneousBands(drawn, adding: drawn.map { _ in 0 }).estimates.compactMap(\.self)
  }

  /// The studentised gap as the labels are, and under every exchange.
  ///
  /// - Parameters:
  ///   - table: angles between vectors.
  ///   - asIs: the row of each place.
  ///   - exchanges: the same for every exchange.
  /// - Returns: both.
  private func studentizedGaps(
    _ table: AngleTable, asIs: [Int], exchanges: [[Int]]
  ) -> (asIs: Double, exchanged: [Double]) {
    var influence = [Double](repeating: 0, count: asIs.count)
    func studentized(_ order: [Int]) -> Double {
      GapFigures(table, pairs, order: order, influence: &influence).studentized
    }
    return (studentized(asIs), exchanges.map(studentized))
  }

  /// The largest studentised gap of any block as the labels are, and under every exchange, where the places of
  /// the prompts are rows of the tables.
  func largestGaps(_ tables: [AngleTable]) -> (asIs: Double, exchanged: [Double]) {
    let exchanges = exchanges.map { $0.map { prompts.places[$0] } }
    let all = tables.map { studentizedGaps($0, asIs: prompts.places, exchanges: exchanges) }
    return (all.map(\.asIs).max() ?? 0, Self.maxima(all.map(\.exchanged)))
  }

  /// The largest figure of any block under each exchange.
  static func maxima(_ blocks: [[Double]]) -> [Double] {
    guard let first = blocks.first else { return [] }
    return first.indices.map { exchange in
      blocks.reduce(-Double.infinity) { max($0, $1[exchange]) }
    }
  }
}

extension DrawnFigure {
  /// The estimate; the figure alone where no draw has one.
  fileprivate var knownEstimate: Estimate {
    estimate ?? Estimate(value: value ?? 0, low: value ?? 0, high: value ?? 0, draws: 0)
  }
}
