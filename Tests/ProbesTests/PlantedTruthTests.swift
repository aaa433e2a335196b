import Foundation
import Kernels
import Probes
import Testing

/// Reports on studies of which the truth is known, over many seeds.
///
/// `PLUMB_PLANTED_SEEDS=100 swift test -c release --filter PlantedTruthTests` runs as many as the figures in the
/// notebooks are of; a few are enough to see that a rule was broken.
@Suite("Planted truth")
struct PlantedTruthTests {
  /// Share of seeds in which a real direction must be claimed.
  static let power = 0.9
  /// Share of seeds in which a false claim may be made.
  static let falseClaims = 0.05

  static let seeds = Int(ProcessInfo.processInfo.environment["PLUMB_PLANTED_SEEDS"] ?? "") ?? 3

  private struct Count {
    var claims = 0
    var named = 0
    var others: [String: Int] = [:]
  }

  @Test("is claimed where it is, and otherwise named", arguments: PlantedTruth.allCases)
  func report(_ truth: PlantedTruth) throws {
    let verdicts = try parallelMap(count: Self.seeds, threads: 2) { seed in
      try runProbes(
        PlantedStudy(truth, seed: UInt64(seed)).dataset,
        options: ProbeOptions(seed: UInt64(seed), draws: 1000, permutations: 99), threads: 1
      ).analysis.verdict
    }
    var count = Count()
    for verdict in verdicts {
      if verdict.claim == .decodes { count.claims += 1 }
      if let flaw = truth.flaw, verdict.findings.contains(where: { $0.kind == flaw }) {
        count.named += 1
      }
      for finding in verdict.findings { count.others[finding.kind.rawValue, default: 0] += 1 }
    }
    print(
      "\(truth): \(count.claims) claims, flaw named in \(count.named) of \(Self.seeds)",
      count.others.sorted { $0.key < $1.key })
    let share = Double(count.claims) / Double(Self.seeds)
    if truth != .realDirection {
      // A few seeds cannot show five in a hundred; then none may be wrong.
      #expect(share <= Self.falseClaims, "\(count.claims) false claims")
      if let flaw = truth.flaw {
        #expect(
          Double(count.named) / Double(Self.seeds) >= Self.power,
          "\(flaw) named \(count.named) times")
      }
    } else {
      #expect(share >= Self.power || count.claims == Self.seeds, "\(count.claims) claims")
    }
  }
}
