import Audit
import Foundation
import Inference
import Reports
import Statistics
import TestSupport
import Testing

@Suite("What a story says")
struct StoryReportTests {
  private static func figure(
    _ measure: StoryMeasure, _ finding: StoryFigure.Finding, _ change: StoryChange
  ) -> StoryFigure {
    StoryFigure(
      measure: measure, before: 0.5, after: 0.5 + change.value, change: change, places: [1, 2, 5],
      count: 30, finding: finding)
  }

  private static func story(
    _ figures: [StoryFigure], between: [StoryFigure] = []
  ) -> StoryReport {
    let names = between.isEmpty ? ["plain tuning"] : ["plain tuning", "lisa"]
    return StoryReport(
      digests: [:],
      arms: names.map { StoryArmFigures(name: $0, strategy: $0, steps: 1, figures: figures) },
      between: between, commands: [], toolVersion: "test", backend: "test")
  }

  @Test(
    "a change is a loss or a gain where its interval leaves out 0, and nothing else",
    arguments: [
      (-0.2, -0.3, -0.1, StoryFigure.Finding.loss), (0.2, 0.1, 0.3, .gain), (0, -0.02, 0.02, .none),
      (0.01, -0.04, 0.05, .none), (0, -0.2, 0.2, .open), (-0.04, -0.1, 0.001, .open),
      (-0.01, -0.012, -0.008, .loss),
    ])
  func findings(value: Double, low: Double, high: Double, expected: StoryFigure.Finding) {
    let change = StoryChange(value: value, low: low, high: high)
    #expect(change.finding(margin: 0.05, risesAre: .gain) == expected)
    let turned: [StoryFigure.Finding: StoryFigure.Finding] = [.loss: .gain, .gain: .loss]
    #expect(change.finding(margin: 0.05, risesAre: .loss) == turned[expected] ?? expected)
  }

  /// Verdicts on the same prompts that change sides by chance alone, as often one way as the other.
  @Test("of data without a change it finds something in few of 200 draws")
  func null() throws {
    var generator = SplitMix64(seed: 3)
    var found = 0
    for _ in 0..<200 {
      let before = (0..<150).map { _ in Double.random(in: 0..<1, using: &generator) < 0.8 }
      let after = before.map { Double.random(in: 0..<1, using: &generator) < 0.1 ? !$0 : $0 }
      // Flips of a common verdict are more frequent, so each side's are evened out.
      let balanced = zip(before, after).map { old, new in
        old && !new && Double.random(in: 0..<1, using: &generator) < 0.75 ? old : new
      }
      let paired = PairedComparison(before: before, after: balanced, bootstrap: nil)
      let change = StoryChange(
        value: paired.difference.value, low: paired.difference.low, high: paired.difference.high)
      let finding = change.finding(margin: 0.05, risesAre: .gain)
      let story = Self.story([Self.figure(.harmfulRefused, finding, change)])
      if !story.markdown.hasPrefix("# Story: no finding") { found += 1 }
    }
    // 10 are expected; more than 20 have a chance below 0.002.
    #expect(found <= 20, "\(found) of 200")
  }

  @Test("without a finding says so, and how much is undecided")
  func nothing() {
    let none = StoryChange(value: 0, low: -0.01, high: 0.01)
    let wide = StoryChange(value: 0, low: -0.2, high: 0.2)
    let story = Self.story([
      Self.figure(.harmfulRefused, .none, none), Self.figure(.probe, .open, wide),
    ])
    #expect(story.markdown.hasPrefix("# Story: no finding"))
    #expect(story.markdown.contains("1 figure could hide"))
    #expect(!story.markdown.contains("**Loss.**"))
  }

  @Test("names losses first among verdicts, and a strategy that keeps no more has no gain here")
  func losses() {
    let fall = StoryChange(value: -0.3, low: -0.4, high: -0.2)
    let none = StoryChange(value: 0, low: -0.01, high: 0.01)
    let story = Self.story(
      [
        Self.figure(.harmfulRefused, .loss, fall),
        Self.figure(.direction, .change, fall), Self.figure(.modules, .none, none),
      ], between: [Self.figure(.harmfulRefused, .none, none)])
    let text = story.markdown
    #expect(text.hasPrefix("# Story: losses"))
    #expect(text.components(separatedBy: "**Loss.**").count == 3)
    #expect(text.contains("fewer harmful requests are refused"))
    #expect(text.contains("turned behind 3 of 30 layers"))
    #expect(text.contains("**No gain.** Lisa against plain tuning"))
    let lines = story.terminalText.split(separator: "\n")
    #expect(lines.allSatisfy { $0.count <= 80 }, "\(lines.filter { $0.count > 80 })")
  }
}
