import Activations
import Foundation
import Inference
import Testing

@Suite("Shard")
struct ShardTests {
  private static func shards(_ count: Int, of tokenCounts: [Int]) -> [Range<Int>] {
    (0..<count).map { Shard($0, of: count).prompts(tokenCounts: tokenCounts) }
  }

  /// Prompts whose lengths differ as much as those of real sets: short at first, long at the end, and a few
  /// that are longer than a whole unit of others.
  private static func tokenCounts(_ promptCount: Int, seed: UInt64) -> [Int] {
    var numbers = SplitMix64(seed: seed)
    return (0..<promptCount).map {
      Int.random(in: 1...20, using: &numbers) + ($0 > promptCount / 2 ? 200 : 0)
        + (Int.random(in: 0..<50, using: &numbers) == 0 ? 4000 : 0)
    }
  }

  /// The smallest possible largest shard, by trying all divisions.
  private static func leastLargest(_ units: ArraySlice<Int>, _ count: Int) -> Int {
    guard count > 1, units.count > 1 else { return units.reduce(0, +) }
    return (units.startIndex..<units.endIndex).map { cut in
      max(units[...cut].reduce(0, +), leastLargest(units[(cut + 1)...], count - 1))
    }.min() ?? 0
  }

  private static func units(_ tokenCounts: [Int]) -> [Int] {
    stride(from: 0, to: tokenCounts.count, by: 64).map {
      tokenCounts[$0..<min($0 + 64, tokenCounts.count)].reduce(0, +)
    }
  }

  @Test(
    "every prompt is in exactly one shard, in whole units",
    arguments: [1, 63, 64, 65, 640, 1000], [1, 2, 3, 7, 16, 40])
  func partition(promptCount: Int, shardCount: Int) {
    let counts = Self.tokenCounts(promptCount, seed: 5)
    let shards = Self.shards(shardCount, of: counts)
    #expect(shards.flatMap { Array($0) } == Array(0..<promptCount))
    let unitCount = Self.units(counts).count
    for (index, shard) in shards.enumerated() {
      #expect(shard.isEmpty == (index >= unitCount))
      #expect(shard.isEmpty == Shard(index, of: shardCount).isEmpty(ofPrompts: promptCount))
      #expect(shard.isEmpty || shard.lowerBound % 64 == 0)
    }
  }

  @Test("the largest shard is as small as whole units allow", arguments: 1...5)
  func balance(shardCount: Int) {
    for seed in 0..<20 as Range<UInt64> {
      let counts = Self.tokenCounts(64 * 8 + 9, seed: seed)
      let units = Self.units(counts)
      let largest = Self.shards(shardCount, of: counts).map { counts[$0].reduce(0, +) }.max() ?? 0
      #expect(largest == Self.leastLargest(units[...], shardCount))
      #expect(largest <= counts.reduce(0, +) / shardCount + (units.max() ?? 0))
    }
  }

  @Test("many prompts are divided at once")
  func size() {
    let counts = Self.tokenCounts(400_000, seed: 1)
    let shards = Self.shards(5, of: counts)
    let tokens = shards.map { counts[$0].reduce(0, +) }
    #expect(shards.last?.upperBound == counts.count)
    #expect((tokens.max() ?? 0) - (tokens.min() ?? 0) < 2 * (Self.units(counts).max() ?? 0))
    #expect(Shard(999_999, of: 1_000_000).prompts(tokenCounts: counts).isEmpty)
  }

  @Test("a file's name tells its shard, and names sort as shards do")
  func names() {
    #expect(Shard(2, of: 4).path(of: "/data/acts.h5") == "/data/acts-00002-of-00004.h5")
    #expect(Shard(0, of: 1).path(of: "acts") == "acts-00000-of-00001")
    #expect(Shard(7, of: 1_000_000).path(of: "a.h5") == "a-0000007-of-1000000.h5")
    let found: [(String, Int?)] = [
      ("acts-00002-of-00004.h5", 4), ("acts-00002-of-00004.h5.part", 4),
      ("acts-0000007-of-1000000.h5", 1_000_000), ("acts.h5", nil), ("acts-2-of-4.h5", nil),
      ("acts-00002-of-00004.manifest.json", nil), ("b-00002-of-00004.h5", nil),
      ("acts-more-00002-of-00004.h5", nil),
    ]
    for (name, count) in found {
      #expect(Shard.count(ofFile: name, whole: "acts.h5") == count, "\(name)")
    }
  }
}
