import Inference
import Statistics
import TestSupport
import Testing

@Suite("Paired statistics")
struct StatisticsTests {
  /// What the specification prints has five decimals.
  private static let printed = 6e-6

  private func expectClose(
    _ interval: ClosedRange<Double>, _ low: Double, _ high: Double,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(
      abs(interval.lowerBound - low) < Self.printed
        && abs(interval.upperBound - high) < Self.printed,
      "\(interval), expected \(low) to \(high)", sourceLocation: sourceLocation)
  }

  @Test(
    "Wilson's interval has the published limits",
    arguments: [
      (0, 100, 0, 0.03699), (50, 100, 0.40383, 0.59617), (5, 520, 0.00411, 0.02231),
      (3, 783, 0.00130, 0.01120), (618, 783, 0.75933, 0.81639), (520, 520, 0.99267, 1),
    ])
  func wilson(successes: Int, count: Int, low: Double, high: Double) {
    expectClose(wilsonInterval(successes: successes, of: count), low, high)
  }

  @Test("the exact interval has the limits of Clopper and Pearson, and 3/n where nothing happened")
  func exact() {
    expectClose(exactInterval(successes: 5, of: 520), 0.00313, 0.02230)
    // 1 - 0.05^(1/n) and its mirror image, in closed form.
    expectClose(exactInterval(successes: 0, of: 100, tail: 0.05), 0, 0.02951305)
    expectClose(exactInterval(successes: 100, of: 100, tail: 0.05), 0.97048695, 1)
  }

  @Test(
    "McNemar's exact test has the published p-values, whichever way round",
    arguments: [(10, 2, 0.038574), (8, 0, 0.0078125), (5, 5, 1), (0, 0, 1)])
  func mcNemar(one: Int, other: Int, p: Double) {
    #expect(abs(exactMcNemar(one, other) - p) < 5e-7)
    #expect(exactMcNemar(one, other) == exactMcNemar(other, one))
  }

  @Test("Newcombe's paired interval has the published limits")
  func newcombe() {
    let cases: [(PairedCounts, Double, Double, Double)] = [
      (PairedCounts(both: 80, onlyBefore: 10, onlyAfter: 2, neither: 8), 0.08, 0.01323, 0.15309),
      (PairedCounts(both: 90, onlyBefore: 8, onlyAfter: 0, neither: 2), 0.08, 0.02914, 0.14940),
      (PairedCounts(both: 50, onlyBefore: 5, onlyAfter: 5, neither: 40), 0, -0.06093, 0.06093),
    ]
    for (counts, value, low, high) in cases {
      // Printed as before less after.
      let interval = counts.newcombe
      #expect(abs(interval.value + value) < Self.printed)
      expectClose(-interval.high ... -interval.low, low, high)
      #expect(!interval.isWidened)
    }
  }

  @Test("an interval that no changed pair opens is widened to 3/n, and says so")
  func collapse() {
    let counts = PairedCounts(both: 50, onlyBefore: 0, onlyAfter: 0, neither: 50)
    #expect(counts.newcombe.isWidened)
    #expect(counts.newcombe.low == -0.03 && counts.newcombe.high == 0.03)
    let all = PairedCounts(both: 100, onlyBefore: 0, onlyAfter: 0, neither: 0)
    #expect(all.newcombe.high >= 0.03 && all.newcombe.low <= -0.03)
    let one = PairedCounts(both: 0, onlyBefore: 1, onlyAfter: 0, neither: 0).newcombe
    #expect(one.value == -1 && one.low >= -1 - 1e-12 && one.high > -0.5)
  }

  @Test("exchanging before and after turns signs and keeps p")
  func swapped() {
    let one = PairedCounts(both: 71, onlyBefore: 11, onlyAfter: 3, neither: 15)
    let other = PairedCounts(both: 71, onlyBefore: 3, onlyAfter: 11, neither: 15)
    #expect(one.pValue == other.pValue)
    #expect(abs(one.newcombe.value + other.newcombe.value) < 1e-15)
    #expect(abs(one.newcombe.low + other.newcombe.high) < 1e-15)
    #expect(abs(one.newcombe.high + other.newcombe.low) < 1e-15)
  }

  @Test("Holm's correction and Cohen's kappa are those of the textbook")
  func corrections() throws {
    #expect(holmCorrected([0.01, 0.04, 0.03, 0.005]) == [0.03, 0.06, 0.06, 0.02])
    #expect(holmCorrected([0.9, 0.8]) == [1, 1])
    #expect(holmCorrected([]) == [])
    // 20 yes-yes, 5 yes-no, 10 no-yes, 15 no-no: agreement 0.7, by chance 0.5.
    let one = Array(repeating: true, count: 25) + Array(repeating: false, count: 25)
    let other =
      Array(repeating: true, count: 20) + Array(repeating: false, count: 5)
      + Array(repeating: true, count: 10) + Array(repeating: false, count: 15)
    #expect(abs(try #require(cohenKappa(one, other)) - 0.4) < 1e-12)
    #expect(cohenKappa(one, one) == 1)
    #expect(cohenKappa([true, true], [true, true]) == nil)
  }

  @Test(
    "intervals of paired differences cover in 93 to 97 % of audits of 100 prompts",
    arguments: [
      (0.2, 0.2, 0.0), (0.5, 0.5, 0.0), (0.85, 0.85, 0.0), (0.85, 0.6, 0.0), (0.85, 0.75, 0.4),
      (0.5, 0.4, 0.5), (0.3, 0.2, 0.3),
    ])
  func coverage(before: Double, after: Double, correlation: Double) {
    var generator = SeededGenerator(seed: 17, stream: 1)
    func uniform() -> Double { Double(generator.next() >> 11) / 9_007_199_254_740_992 }
    let spread = (before * (1 - before) * after * (1 - after)).squareRoot()
    let both = before * after + correlation * spread
    let audits = 2_500
    let covered = (0..<audits).count { _ in
      var counts = [0, 0, 0, 0]
      for _ in 0..<100 {
        let draw = uniform()
        let cell = draw < both ? 0 : draw < before ? 1 : draw < before + after - both ? 2 : 3
        counts[cell] += 1
      }
      let interval = PairedCounts(
        both: counts[0], onlyBefore: counts[1], onlyAfter: counts[2], neither: counts[3]
      ).newcombe
      return interval.low <= after - before && after - before <= interval.high
    }
    let share = Double(covered) / Double(audits)
    #expect((0.93...0.97).contains(share), "covered \(share)")
  }
}
