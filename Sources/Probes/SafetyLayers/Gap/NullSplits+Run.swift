import Inference
package import Kernels

extension NullSplits {
  /// Divides prompts of one class in two at random, again and again, and asks the rule what it finds.
  ///
  /// - Parameters:
  ///   - streams: what leaves each block for the prompts, `[prompt, d_model]`.
  ///   - count: how often.
  ///   - options: pairs and permutations.
  ///   - seed: fixes the halves.
  ///   - threads: how many are judged at a time.
  /// - Throws: nothing of its own.
  package init(
    _ streams: [SharedRows], count: Int, _ options: GapOptions, seed: UInt64, threads: Int
  ) throws {
    let tables = try parallelMap(count: streams.count, threads: threads) { AngleTable(streams[$0]) }
    let prompts = tables.first?.count ?? 0
    let found = try parallelMap(count: count, threads: threads) { split in
      try Self.findsSomething(tables, options, seed: seed &+ UInt64(split))
    }
    splits = count
    self.prompts = prompts
    notFound = found.count { !$0 }
  }

  private static func findsSomething(
    _ tables: [AngleTable], _ options: GapOptions, seed: UInt64
  ) throws -> Bool {
    let count = tables.first?.count ?? 0
    var order = Array(0..<count)
    var generator = SeededGenerator(seed: seed, stream: .gapPrompts)
    generator.shuffle(&order)
    let measure = GapMeasure(
      GapPrompts(harmless: Array(order[..<(count / 2)]), harmful: Array(order[(count / 2)...])),
      options, seed: seed)
    let (asIs, maxima) = measure.largestGaps(tables)
    return asIs > maximumThreshold(maxima)
  }
}
