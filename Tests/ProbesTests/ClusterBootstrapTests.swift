import Foundation
import ModelFiles
import Probes
import Testing

@Suite("Cluster bootstrap")
struct ClusterBootstrapTests {
  static func prompts(_ rows: Int, groups: Int) -> [ProbePrompt] {
    (0..<rows).map { ProbePrompt(label: $0 % 2, group: ByteString("\($0 / 2 % groups)")) }
  }

  @Test("matches the textbook error of a null area when every row is a group")
  func textbook() throws {
    let rows = 400
    let prompts = (0..<rows).map { ProbePrompt(label: $0 % 2, group: ByteString("\($0)")) }
    var generator = TestGenerator(3)
    let scores = (0..<rows).map { _ in generator.normal() }
    let ranked = RankedScores(
      scores: scores, labels: prompts.map(\.label), folds: [Int](repeating: 0, count: rows))
    let bootstrap = ClusterBootstrap(clusters: Clusters(prompts), draws: 2000, seed: 1)
    let estimate = try #require(
      bootstrap.areas(ranked).estimate)
    let error = (Double(rows + 1) / (12 * Double(rows / 2 * rows / 2))).squareRoot()
    // 2000 draws fix the width of an interval to a few per cent.
    expectClose(estimate.high - estimate.low, 2 * 1.96 * error, within: 0.1)
    #expect(estimate.draws == 2000)
  }

  @Test("is wider when rows of a group move together")
  func dependence() throws {
    let prompts = Self.prompts(400, groups: 20)
    var generator = TestGenerator(5)
    let shifts = (0..<20).map { _ in generator.normal() }
    // Class 1 scores higher by a shift that belongs to the group.
    let scores = prompts.indices.map { row in
      generator.normal() + (prompts[row].label == 1 ? 2 * shifts[row / 2 % 20] : 0)
    }
    let ranked = RankedScores(
      scores: scores, labels: prompts.map(\.label), folds: [Int](repeating: 0, count: 400))
    func width(_ prompts: [ProbePrompt]) throws -> Double {
      let bootstrap = ClusterBootstrap(clusters: Clusters(prompts), draws: 1000, seed: 1)
      let estimate = try #require(
        bootstrap.areas(ranked).estimate)
      return estimate.high - estimate.low
    }
    let alone = (0..<400).map { ProbePrompt(label: $0 % 2, group: ByteString("\($0)")) }
    #expect(try width(prompts) > 1.5 * width(alone))
  }

  @Test("gives balanced accuracy of the drawn rows")
  func balanced() throws {
    let prompts = Self.prompts(40, groups: 10)
    let labels = prompts.map(\.label)
    let right = labels.map { Double($0) - 0.5 }
    let bootstrap = ClusterBootstrap(clusters: Clusters(prompts), draws: 50, seed: 1)
    for value in bootstrap.balancedAccuracies(scores: right, labels: labels) {
      #expect(value == 1)
    }
    for value in bootstrap.balancedAccuracies(scores: right.map { -$0 }, labels: labels) {
      #expect(value == 0)
    }
  }

  @Test("takes percentiles between the nearest draws, and leaves undefined draws out")
  func percentiles() throws {
    let draws = (0...200).map { Double($0) }.shuffled() + [nil, nil]
    let estimate = try #require(ClusterBootstrap.estimate(7, draws))
    #expect([estimate.value, estimate.low, estimate.high] == [7, 5, 195])
    #expect(estimate.draws == 201)
    #expect(ClusterBootstrap.estimate(nil, draws) == nil)
    #expect(ClusterBootstrap.estimate(7, [nil]) == nil)
  }
}
