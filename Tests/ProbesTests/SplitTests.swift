import Foundation
import Inference
import ModelFiles
import Probes
import Testing

@Suite("Near-duplicates")
struct NearDuplicatesTests {
  private static func prompts(_ texts: [[Int32]], groups: [Int]) -> [ProbePrompt] {
    zip(texts, groups).map {
      ProbePrompt(label: 0, group: ByteString("group \($1)"), userTokens: $0)
    }
  }

  @Test("are pairs of different groups that share half of their trigrams, found by any means")
  func exhaustive() {
    var generator = TestGenerator(41)
    var texts: [[Int32]] = []
    for _ in 0..<120 {
      if let old = texts.randomElement(using: &generator), generator.next() % 2 == 0 {
        var changed = old
        for _ in 0..<generator.next() % 4 {
          changed[Int(generator.next() % UInt64(changed.count))] = Int32(generator.next() % 9)
        }
        texts.append(changed)
      } else {
        texts.append((0..<4 + generator.next() % 12).map { _ in Int32(generator.next() % 40) })
      }
    }
    let groups = texts.indices.map { $0 % 17 }
    let prompts = Self.prompts(texts, groups: groups)
    let clusters = Clusters(prompts)
    func trigrams(_ text: [Int32]) -> Set<[Int32]> {
      Set(text.indices.dropLast(2).map { Array(text[$0..<$0 + 3]) })
    }
    var expected: [[Int]] = []
    for later in texts.indices {
      for earlier in 0..<later where groups[earlier] != groups[later] {
        let (one, other) = (trigrams(texts[earlier]), trigrams(texts[later]))
        let shared = Double(one.intersection(other).count)
        if !one.union(other).isEmpty, shared / Double(one.union(other).count) >= 0.5 {
          expected.append([earlier, later])
        }
      }
    }
    let found = NearDuplicates(prompts, labels: prompts.map(\.label), clusters: clusters)
    #expect(expected.count > 20)
    #expect(found.pairs.map { [$0.0, $0.1] } == expected)
    let kept = Set(texts.indices).subtracting(found.dropped)
    #expect(!expected.contains { kept.contains($0[0]) && kept.contains($0[1]) })
    for row in found.dropped {
      #expect(expected.contains { $0[1] == row && kept.contains($0[0]) })
    }
  }

  @Test("inside one group are no trouble")
  func oneGroup() {
    let prompts = Self.prompts([[1, 2, 3, 4], [1, 2, 3, 4], [5, 6, 7, 8]], groups: [0, 0, 1])
    let found = NearDuplicates(
      prompts, labels: prompts.map(\.label), clusters: Clusters(prompts))
    #expect(found.pairs.isEmpty)
    #expect(found.dropped.isEmpty)
  }
}

@Suite("Exchange of labels")
struct LabelShuffleTests {
  @Test("keeps every group's classes, and moves the classes of pure groups as wholes")
  func exchange() {
    // Groups 0 and 1 have both classes; 2, 3 and 4 one; source 1 has groups 1 and 4.
    let groups = [0, 0, 0, 1, 1, 2, 2, 3, 3, 4]
    let labels = [1, 0, 0, 1, 0, 1, 1, 0, 0, 1]
    let sources = groups.map { [0, 1, 0, 0, 1][$0] }
    let shuffle = LabelShuffle(
      labels: labels, clusters: Clusters(indices: groups), sources: sources)
    #expect(shuffle.exchange == .both)
    var generator = SeededGenerator(seed: 1, stream: .permutations)
    var seen: Set<[Int]> = []
    for _ in 0..<200 {
      let drawn = shuffle.draw(&generator)
      seen.insert(drawn)
      #expect(drawn[..<3].reduce(0, +) == 1)
      #expect(drawn[3..<5].reduce(0, +) == 1)
      #expect(drawn[5] == drawn[6] && drawn[7] == drawn[8] && drawn[5] != drawn[7])
      #expect(drawn[9] == 1)
    }
    // 3 places of the one in group 0, 2 in group 1, 2 orders of the pure groups of source 0.
    #expect(seen.count == 12)
  }

  @Test("cannot move where every source has one class")
  func confounded() {
    let shuffle = LabelShuffle(
      labels: [1, 1, 0, 0], clusters: Clusters(indices: [0, 1, 2, 3]), sources: [0, 0, 1, 1])
    #expect(shuffle.exchange == .impossible)
    var generator = SeededGenerator(seed: 2, stream: .permutations)
    for _ in 0..<20 { #expect(shuffle.draw(&generator) == [1, 1, 0, 0]) }
  }
}
