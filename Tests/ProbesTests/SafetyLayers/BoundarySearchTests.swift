import Inference
import Probes
import Testing

/// The published sweeps of arXiv 2408.17003, table 2 and appendix.
struct PublishedSweep: Sendable, CustomTestStringConvertible {
  let model: String
  let alpha: Double
  let upper: (first: Int, lasts: [Int], counts: [Int])
  let lower: (last: Int, firsts: [Int], counts: [Int])
  let range: LayerRange
  let deviation: Double

  var direction: SearchOptions.Direction { alpha > 1 ? .up : .down }
  var testDescription: String { model }

  static let all = [
    PublishedSweep(
      model: "Llama-3-8B-Instruct", alpha: 1.2,
      upper: (7, [10, 11, 12, 13, 14], [272, 241, 283, 266, 256]),
      lower: (12, [4, 5, 6, 7, 8], [223, 358, 371, 283, 334]),
      range: LayerRange(first: 6, last: 12), deviation: 16.0),
    PublishedSweep(
      model: "Llama-2-7b-chat", alpha: 1.15,
      upper: (9, [12, 13, 14, 15, 16], [187, 227, 237, 218, 219]),
      lower: (14, [4, 5, 6, 7, 8], [202, 189, 297, 268, 263]),
      range: LayerRange(first: 6, last: 14), deviation: 18.7),
    PublishedSweep(
      model: "gemma-2b-it", alpha: 1.1,
      upper: (8, [9, 10, 11, 12, 13], [310, 335, 368, 343, 326]),
      lower: (11, [4, 5, 6, 7, 8], [323, 404, 407, 371, 368]),
      range: LayerRange(first: 6, last: 11), deviation: 21.5),
    PublishedSweep(
      model: "Phi-3-mini-4k", alpha: 0.8,
      upper: (11, [13, 14, 15, 16, 17], [209, 190, 149, 181, 189]),
      lower: (15, [9, 10, 11, 12, 13], [163, 177, 149, 182, 237]),
      range: LayerRange(first: 11, last: 15), deviation: 21.9),
  ]
}

/// Counts by a formula, as if so many of the first prompts were refused.
private func counted(
  _ range: LayerRange, _ alpha: Double, _ refusals: Int, of prompts: Int, incoherent: Int? = 0
) -> SweepCount {
  SweepCount(
    range: range, alpha: alpha,
    verdicts: String(repeating: "1", count: refusals)
      + String(repeating: "0", count: prompts - refusals), incoherent: incoherent)
}

@Suite("Search of boundaries")
struct BoundarySearchTests {
  @Test("finds the published ranges in the published counts", arguments: PublishedSweep.all)
  func published(_ sweep: PublishedSweep) {
    let last = sweep.upper.lasts[
      BoundarySweep.extremum(sweep.upper.counts, .upper, sweep.direction)]
    let first = sweep.lower.firsts[
      BoundarySweep.extremum(sweep.lower.counts, .lower, sweep.direction)]
    #expect(LayerRange(first: first, last: last) == sweep.range)
    let deviation = SweepCount.deviation(sweep.upper.counts)
    #expect(abs(deviation - sweep.deviation) < 0.05)
  }

  @Test("would miss Llama-3's if it stopped at the first drop")
  func firstDrop() {
    func stopping(_ counts: [Int], up: Bool) -> Int {
      (1..<counts.count).first { up ? counts[$0] < counts[$0 - 1] : counts[$0] > counts[$0 - 1] }
        .map { $0 - 1 } ?? counts.count - 1
    }
    let found = PublishedSweep.all.map { sweep in
      let up = sweep.direction == .up
      let last = sweep.upper.lasts[stopping(sweep.upper.counts, up: up)]
      // Lower bounds are walked outwards.
      let lower = stopping(sweep.lower.counts.reversed(), up: up)
      return LayerRange(first: sweep.lower.firsts.reversed()[lower], last: last) == sweep.range
    }
    #expect(!found[0])
  }

  @Test("takes the narrower of equal ranges")
  func ties() {
    #expect(BoundarySweep.extremum([3, 5, 5, 5, 4], .upper, .up) == 1)
    #expect(BoundarySweep.extremum([3, 5, 5, 5, 4], .lower, .up) == 3)
    #expect(BoundarySweep.extremum([3, 1, 1, 2], .upper, .down) == 1)
    #expect(BoundarySweep.extremum([3, 1, 1, 2], .lower, .down) == 2)
  }

  @Test(
    "keeps windows inside the model",
    arguments: [
      (12, 5, 7...31, 10...14), (8, 5, 7...31, 7...11), (31, 5, 7...31, 27...31),
      (2, 5, 0...3, 0...3), (0, 5, 0...9, 0...4),
    ])
  func windows(
    center: Int, size: Int, allowed: ClosedRange<Int>, expected: ClosedRange<Int>
  ) {
    #expect(BoundarySweep.window(around: center, size: size, within: allowed) == expected)
  }

  /// Refusals that are most at 9-15 and fall off on either side, more so the larger the factor.
  private func peaked(_ range: LayerRange, _ alpha: Double) -> Int {
    let distance = abs(range.first - 9) + abs(range.last - 15)
    return range.isEmpty ? 100 : 100 + Int(1000 * (alpha - 1)) - Int(100 * (alpha - 1)) * distance
  }

  @Test("steps away from 1 until counts differ, widens windows, and counts the whole of them")
  func walking() throws {
    var asked: [(LayerRange, Double)] = []
    let search = BoundarySearch(layerCount: 32, promptCount: 721, options: SearchOptions()) {
      range, alpha, isWhole in
      asked.append((range, alpha))
      return counted(
        range, alpha, peaked(range, alpha), of: 721, incoherent: isWhole ? 0 : nil)
    }
    let found = try search.search(from: LayerRange(first: 5, last: 10))
    #expect(found.direction == .up)
    #expect(found.range == LayerRange(first: 9, last: 15))
    // Deviations of five counts 100(α-1) apart: √2.5 of that, at least 15 from α = 1.1 on.
    #expect(found.steps.map(\.alpha) == [1.05, 1.1])
    #expect(found.chosen?.alpha == 1.1)
    #expect(found.upper.map(\.range.last) == Array(8...16), "10 ± 2 was widened twice upwards")
    #expect(found.lower.map(\.range.first) == Array(3...11))
    #expect(found.final?.range == found.range)
    #expect(asked.count == 1 + 2 * 5 + 4 + 5 + 4 + 1, "\(asked.count) counts")
  }

  @Test("turns to factors below 1 where most is refused already")
  func downwards() throws {
    let search = BoundarySearch(layerCount: 32, promptCount: 721, options: SearchOptions()) {
      range, alpha, isWhole in
      counted(
        range, alpha, range.isEmpty ? 500 : 600 - peaked(range, 2 - alpha), of: 721,
        incoherent: isWhole ? 0 : nil)
    }
    let found = try search.search(from: LayerRange(first: 5, last: 10))
    #expect(found.direction == .down)
    #expect(found.steps.map(\.alpha) == [0.95, 0.9])
    #expect(found.range == LayerRange(first: 9, last: 15))
  }

  @Test("discards factors at which more than one reply in twenty falls apart")
  func gate() throws {
    func search(brokenFrom limit: Double, _ options: SearchOptions) throws -> BoundarySearch.Found {
      try BoundarySearch(layerCount: 32, promptCount: 721, options: options) {
        range, alpha, isWhole in
        counted(
          range, alpha, peaked(range, alpha), of: 721,
          incoherent: isWhole ? alpha >= limit ? 37 : 36 : nil)
      }.search(from: LayerRange(first: 5, last: 10))
    }
    let weak = try search(brokenFrom: 1.1, SearchOptions())
    #expect(weak.steps.map(\.alpha) == [1.05, 1.1], "it goes on past a broken model")
    #expect(weak.chosen?.alpha == 1.05, "the coherent factor is the one that is left")
    let broken = try search(brokenFrom: 1.05, SearchOptions())
    #expect(broken.steps.count == 1 && broken.chosen == nil && broken.range == nil)
    let fine = try search(brokenFrom: 1.15, SearchOptions())
    #expect(fine.chosen?.alpha == 1.1)
  }

  @Test("finds nothing where counts are all alike")
  func flat() throws {
    let options = SearchOptions(steps: 3)
    let found = try BoundarySearch(layerCount: 12, promptCount: 50, options: options) {
      range, alpha, isWhole in counted(range, alpha, 10, of: 50, incoherent: isWhole ? 0 : nil)
    }.search(from: LayerRange(first: 3, last: 5))
    #expect(found.steps.count == 3)
    #expect(found.range == nil)
  }

  @Test("scales what counts must differ by with the prompts")
  func threshold() {
    let search = BoundarySearch(layerCount: 12, promptCount: 120, options: SearchOptions()) {
      range, alpha, _ in counted(range, alpha, 0, of: 120)
    }
    #expect(abs(search.threshold - 15 * 120 / 721) < 1e-12)
  }

  @Test("takes a reply of twelve tokens or more for incoherent where it repeats itself")
  func incoherence() {
    let varied = (0..<12).map { Int32($0) }
    #expect(!ScalingCounter.isIncoherent(varied))
    #expect(
      ScalingCounter.isIncoherent(Array(repeating: Int32(3), count: 7) + Array(varied.prefix(5))))
    #expect(
      !ScalingCounter.isIncoherent(Array(repeating: Int32(3), count: 6) + Array(varied.suffix(6))))
    #expect(!ScalingCounter.isIncoherent(Array(repeating: 3, count: 11)), "too short to tell")
    let repeated: [Int32] = [1, 2, 3, 4, 1, 2, 3, 4, 9, 10, 11, 12]
    #expect(ScalingCounter.isIncoherent(repeated))
  }
}
