import Inference
import ModelFiles
import Probes
import Testing

@Suite("Clusters and folds")
struct GroupingTests {
  static func prompt(
    _ label: Int, group: String? = nil, pair: String? = nil, text: String? = nil
  ) -> ProbePrompt {
    ProbePrompt(
      label: label, group: group.map { ByteString($0) }, pair: pair.map { ByteString($0) },
      textDigest: text.map { ByteString($0) })
  }

  @Test("joins prompts over chains of group, pair and text")
  func chains() {
    let clusters = Clusters([
      Self.prompt(0, group: "a", pair: "1", text: "x"),
      Self.prompt(1, group: "b", pair: "1", text: "y"),
      Self.prompt(1, group: "c", pair: "2", text: "y"),
      Self.prompt(0, group: "d", pair: "2", text: "z"),
      Self.prompt(0, group: "e", pair: "3", text: "w"),
      Self.prompt(1, group: "e", pair: "4", text: "v"),
    ])
    #expect(clusters.indices == [0, 0, 0, 0, 1, 1])
    #expect(clusters.count == 2)
  }

  @Test("takes empty or missing names as no tie, and one word in two columns as two names")
  func noTies() {
    let clusters = Clusters([
      Self.prompt(0, group: "", pair: "1"), Self.prompt(0, group: "", pair: "2"),
      Self.prompt(0, group: nil, text: "1"), Self.prompt(0, group: "1"),
    ])
    #expect(clusters.indices == [0, 1, 2, 3])
  }

  /// Groups of uneven size and mixed classes.
  static func prompts(_ seed: UInt64, groups: Int, rows: Int) -> [ProbePrompt] {
    var generator = TestGenerator(seed)
    return (0..<rows).map { row in
      let skewed = generator.uniform() * generator.uniform()
      return prompt(
        generator.uniform() < 0.4 ? 1 : 0, group: "\(Int(skewed * Double(groups)))",
        text: row % 10 == 0 ? "repeated \(row % 30)" : "text \(row)")
    }
  }

  @Test(
    "never splits a cluster, and spreads rows and classes over the folds", arguments: [1, 2, 3])
  func folds(_ seed: UInt64) throws {
    let prompts = Self.prompts(seed, groups: 80, rows: 600)
    let labels = prompts.map(\.label)
    let clusters = Clusters(prompts)
    let folds = try Folds(clusters: clusters, labels: labels, seed: seed)
    #expect(folds.count == 5)
    var foldOf: [Int: Int] = [:]
    for (cluster, fold) in zip(clusters.indices, folds.indices) {
      #expect(foldOf[cluster] ?? fold == fold)
      foldOf[cluster] = fold
    }
    for text in Set(prompts.compactMap(\.textDigest)) {
      let found = prompts.indices.filter { prompts[$0].textDigest == text }
      #expect(Set(found.map { folds.indices[$0] }).count == 1)
    }
    let largest = Set(clusters.indices).map { one in clusters.indices.count { $0 == one } }.max()
    for label in 0...1 {
      let counts = (0..<5).map { fold in
        folds.rows(in: fold).count { labels[$0] == label }
      }
      let spread = (counts.max() ?? 0) - (counts.min() ?? 0)
      #expect(spread <= largest ?? 0, "class \(label) is spread \(counts)")
    }
  }

  @Test("are the same for a seed and others for another seed")
  func seeds() throws {
    let prompts = Self.prompts(7, groups: 80, rows: 300)
    let labels = prompts.map(\.label)
    let folds = try [5, 5, 6].map {
      try Folds(clusters: Clusters(prompts), labels: labels, seed: $0).indices
    }
    #expect(folds[0] == folds[1])
    #expect(folds[0] != folds[2])
  }

  @Test("refuse samples on which no training part could have both classes")
  func refusals() {
    func error(_ prompts: [ProbePrompt]) -> ProbeError? {
      #expect(throws: ProbeError.self) {
        try Folds(clusters: Clusters(prompts), labels: prompts.map(\.label), seed: 0)
      }
    }
    #expect(
      error((0..<40).map { Self.prompt($0 % 2, group: "\($0 % 4 / 2)") })
        == .tooFewGroups(found: 2, needed: 3))
    #expect(error((0..<9).map { Self.prompt(1, group: "\($0)") }) == .oneClass(label: 1, rows: 9))
    #expect(
      error((0..<20).map { Self.prompt($0 % 10 < 2 ? 1 : 0, group: "\($0 % 10)") })
        == .classInTooFewFolds(label: 1, folds: 2, groups: 2, needed: 3))
  }

  @Test("keep random draws the same from release to release")
  func generator() {
    var generator = SeededGenerator(seed: 1, stream: .bootstrap)
    var order = Array(0..<10)
    generator.shuffle(&order)
    let drawn = (0..<5).map { _ in generator.below(1000) }
    // Written down from a few lines of Python that follow the published SplitMix64.
    #expect(order == [9, 6, 0, 5, 3, 4, 2, 1, 8, 7])
    #expect(drawn == [64, 983, 532, 984, 821])
  }

  @Test("draw every number below a bound alike")
  func fairness() {
    var generator = SeededGenerator(seed: 4, stream: .folds)
    var counts = [Int](repeating: 0, count: 6)
    for _ in 0..<60_000 { counts[generator.below(6)] += 1 }
    // Four standard deviations of a binomial count.
    let deviation = (60_000.0 / 6 * 5 / 6).squareRoot()
    for count in counts { #expect(abs(Double(count) - 10_000) <= 4 * deviation) }
  }
}
