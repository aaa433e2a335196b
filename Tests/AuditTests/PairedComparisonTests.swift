import Audit
import Statistics
import Testing

@Suite("Paired comparisons")
struct PairedComparisonTests {
  private func comparison(
    _ before: [Bool], _ after: [Bool], clusters: [Int]? = nil, draws: Int = 4_000
  ) -> PairedComparison {
    PairedComparison(
      before: before, after: after,
      bootstrap: clusters.map {
        ClusterBootstrap(clusters: Clusters(indices: $0), draws: draws, seed: 3)
      })
  }

  /// 40 prompts: 24 both, 9 only before, 2 only after, 5 neither.
  private let before =
    Array(repeating: true, count: 33) + Array(repeating: false, count: 7)
  private let after =
    Array(repeating: true, count: 24) + Array(repeating: false, count: 9)
    + [true, true] + Array(repeating: false, count: 5)

  @Test("redrawing groups of one prompt is the ordinary paired bootstrap")
  func singles() throws {
    // One group has two prompts, or every prompt would be on its own and nothing redrawn.
    let rows = Array(before.indices)
    let found = try #require(comparison(before, after, clusters: [0, 0] + rows[2...]).bootstrap)
    // The ordinary bootstrap's standard error is that of a mean of differences.
    let changes = zip(before, after).map { ($1 ? 1.0 : 0) - ($0 ? 1.0 : 0) }
    let mean = changes.reduce(0, +) / 40
    let variance = changes.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 40
    let reach = 1.96 * (variance / 40).squareRoot()
    #expect(abs(found.low - (mean - reach)) < 0.03 && abs(found.high - (mean + reach)) < 0.03)
    #expect(comparison(before, after, clusters: rows).bootstrap == nil)
    #expect(
      comparison(before, after, clusters: rows).difference == comparison(before, after).newcombe)
  }

  @Test("copying every prompt ten times shrinks Newcombe's interval and not the one by groups")
  func copies() throws {
    let one = try #require(
      comparison(before, after, clusters: [0, 0] + Array(before.indices)[2...]).bootstrap)
    let many = comparison(
      before.flatMap { Array(repeating: $0, count: 10) },
      after.flatMap { Array(repeating: $0, count: 10) },
      clusters: before.indices.flatMap { Array(repeating: $0, count: 10) })
    let bootstrap = try #require(many.bootstrap)
    #expect(abs(bootstrap.halfWidth / one.halfWidth - 1) < 0.15)
    let shrunk = comparison(before, after).newcombe.halfWidth / many.newcombe.halfWidth
    #expect(abs(shrunk / 10.0.squareRoot() - 1) < 0.15, "shrank by \(shrunk)")
    #expect(many.difference == many.bootstrap)
    #expect(many.groups == 40)
  }

  @Test("unchanged verdicts leave an interval of 3 over the number of groups")
  func unchanged() {
    let found = comparison(before, before, clusters: before.indices.map { $0 / 2 })
    #expect(found.pValue == 1 && found.counts.onlyBefore == 0)
    #expect(found.difference.isWidened)
    #expect(found.difference.low == -0.15 && found.difference.high == 0.15)
  }

  @Test("where every verdict changes the interval is no point")
  func allChanged() {
    let all = Array(repeating: true, count: 100)
    let found = comparison(all, all.map { !$0 }, clusters: all.indices.map { $0 / 2 })
    #expect(found.difference.value == -1 && found.bootstrap?.high == -1)
    #expect(found.difference.high == found.newcombe.high && found.difference.high > -0.97)
  }

  @Test("with few groups the interval holds Newcombe's as well")
  func fewGroups() {
    let found = comparison(before, after, clusters: before.indices.map { $0 % 2 })
    #expect(found.difference.low <= found.newcombe.low)
    #expect(found.difference.high >= found.newcombe.high)
  }

  @Test("exchanging before and after turns every figure")
  func swapped() {
    let clusters = before.indices.map { $0 / 3 }
    let (one, other) = (
      comparison(before, after, clusters: clusters), comparison(after, before, clusters: clusters)
    )
    #expect(one.before == other.after && one.after == other.before)
    #expect(one.counts.onlyBefore == other.counts.onlyAfter && one.pValue == other.pValue)
    #expect(abs(one.difference.value + other.difference.value) < 1e-15)
    #expect(abs(one.difference.low + other.difference.high) < 1e-12)
    #expect(abs(one.difference.high + other.difference.low) < 1e-12)
  }

  @Test("shares that are none or all have an exact bound")
  func bounds() throws {
    #expect(ShareEstimate(3, of: 10).exactBound == nil)
    #expect(abs(try #require(ShareEstimate(0, of: 300).exactBound) - 3 / 300) < 1e-3)
    #expect(try #require(ShareEstimate(300, of: 300).exactBound) > 0.99)
    #expect(ShareEstimate(0, of: 0).exactBound == nil)
  }

  @Test(
    "verdicts follow the limits of the interval",
    arguments: [
      (-0.4, -0.051, AuditVerdict.regression), (-0.4, -0.05, .inconclusive),
      (-0.05, 0.05, .noMaterialChange), (-0.05, 0.051, .inconclusive), (0.051, 0.2, .increase),
      (0.05, 0.2, .inconclusive), (-0.2, 0.2, .inconclusive),
    ])
  func verdicts(low: Double, high: Double, expected: AuditVerdict) {
    let interval = PairedInterval(
      value: (low + high) / 2, low: low, high: high, unchangedUnits: nil)
    #expect(AuditVerdict(interval, margin: 0.05) == expected)
  }

  @Test("the number of prompts that would decide makes the interval as narrow as it must be")
  func planning() {
    func needed(_ value: Double, _ reach: Double) -> Int? {
      AuditVerdict.decidingCount(
        PairedInterval(value: value, low: value - reach, high: value + reach, unchangedUnits: nil),
        margin: 0.05, prompts: 100)
    }
    // A reach of 8 points has to shrink to 2: sixteen times as many.
    #expect(needed(-0.07, 0.08) == 1_600)
    #expect(needed(-0.03, 0.08) == 1_600)
    #expect(needed(0, 0.1) == 400)
    #expect(needed(-0.2, 0.05) == nil)
    #expect(needed(0.05, 0.1) == nil)
    // Half-widths near one half: 9.6 points at 100 prompts, 4.3 at 520.
    for (count, width) in [(100, 0.096), (520, 0.043)] {
      let interval = wilsonInterval(successes: count / 2, of: count)
      #expect(abs((interval.upperBound - interval.lowerBound) / 2 - width) < 6e-4)
    }
  }

  @Test("ability held is not merely a difference that may be none")
  func utility() {
    func verdict(_ low: Double, _ high: Double) -> UtilityVerdict {
      UtilityVerdict(
        PairedInterval(value: (low + high) / 2, low: low, high: high, unchangedUnits: nil),
        margin: 0.02)
    }
    #expect(verdict(-0.019, 0.01) == .held)
    #expect(verdict(-0.06, 0.05) == .notShown)
    #expect(verdict(-0.2, -0.021) == .lost)
  }
}
