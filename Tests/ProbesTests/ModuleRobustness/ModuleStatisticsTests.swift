import Inference
import Kernels
import ModelFiles
import Probes
import Testing
import Tokenization

@Suite("Figures of module maps")
struct ModuleStatisticsTests {
  private let labels = [Int](repeating: 1, count: 20) + [Int](repeating: 0, count: 20)

  /// Scores of 20 prompts of class 1 and 20 of class 0, so many of them called 1.
  private func figures(_ harmful: Int, _ harmless: Int) -> SeparationFigures {
    SeparationFigures(
      scores: (0..<20).map { $0 < harmful ? 1 : -1 } + (0..<20).map { $0 < harmless ? 1 : -1 },
      labels: labels)
  }

  @Test("the share of class 1 decides, and the area where too much of class 0 is called 1")
  func decision() {
    let clean = figures(20, 0)
    #expect(clean.isUsable && clean.auroc == 1 && clean.margin == 1)
    #expect(figures(12, 0).decisiveRecall(from: clean) == 0.6)
    #expect(figures(12, 2).decisiveRecall(from: clean) == 0.6)
    // Everything is called 1: all of class 1 is, and nothing is told.
    #expect(figures(20, 20).recall == 1)
    #expect(figures(20, 20).decisiveRecall(from: clean) == 0)
    // The area is 0.75, half-way from 1 to one half.
    #expect(figures(20, 10).auroc == 0.75)
    #expect(figures(20, 10).decisiveRecall(from: clean) == 0.5)
    #expect(figures(0, 0).decisiveRecall(from: clean) == 0)
    #expect(!figures(18, 0).isUsable && !figures(20, 2).isUsable && figures(19, 1).isUsable)
  }

  @Test("a strength is found by bisection wherever it lies")
  func calibration() throws {
    for (kind, needed) in [
      (ModuleDisturbance.Kind.noise, 0.07), (.noise, 0.9), (.noise, 11), (.shrink, 0.4),
      (.drop, 0.83),
    ] {
      let found = try StrengthCalibration(kind, target: 0.3) { min($0 / needed, 2) * 0.3 }
      #expect(found.isReached && abs(found.strength / needed - 1) < 0.1, "\(kind), \(needed)")
      #expect(found.sensitivity == min(found.strength / needed, 2) * 0.3)
      #expect(found.trials.contains { $0.strength == found.strength })
    }
    let never = try StrengthCalibration(.shrink, target: 0.3) { 0.1 * $0 }
    #expect(!never.isReached && never.strength == 1 && never.trials.count == 1)
    let bits = try StrengthCalibration(.quant, target: 0.3) { $0 > 4 ? 0.02 : $0 == 4 ? 0.28 : 0.9 }
    #expect(bits.strength == 4 && bits.trials.map(\.strength) == [8, 7, 6, 5, 4, 3])
    var asked = 0
    _ = try StrengthCalibration(.noise, target: 0.3) { strength in
      asked += 1
      return strength > 0.5 ? 1 : 0
    }
    #expect(asked <= 10, "a step that no strength falls on")
  }

  @Test("a Wilson interval of a mean share is that of the count it stands for")
  func wilson() {
    #expect(wilsonInterval(share: 0.3, of: 20) == wilsonInterval(successes: 6, of: 20))
    #expect(wilsonInterval(share: 0, of: 0) == 0...1)
    // Newcombe (1998), table I: 81 of 263.
    let interval = wilsonInterval(successes: 81, of: 263)
    #expect(abs(interval.lowerBound - 0.2553) < 5e-5 && abs(interval.upperBound - 0.3662) < 5e-5)
  }

  /// Security and a control that are disturbed alike: whatever is called specific is so by chance.
  @Test("security is seldom called special where nothing is, over 40 maps of 30 units")
  func null() throws {
    var numbers = TestGenerator(11)
    var claims = 0
    for round in 0..<40 {
      let prompts = (0..<80).map { ProbePrompt(label: $0 % 2, group: ByteString("\($0 / 2)")) }
      let control = prompts.indices.map { $0 / 2 % 2 }
      func scores(_ labels: [Int], spread: Double) -> [Double] {
        labels.map { (2 * Double($0) - 1) * 2 + spread * numbers.normal() }
      }
      let summary = ReadingSummary(
        prompts, security: scores(prompts.map(\.label), spread: 0.5),
        control: (control, scores(control, spread: 0.5)), draws: 200, seed: UInt64(round))
      let units = (0..<30).map { unit in
        (0..<3).map { draw in
          ModuleReading(
            key: ModuleReading.Key(
              subject: "", disturbance: ModuleDisturbance(.noise, strength: 1),
              modules: "\(unit)", draw: draw),
            security: scores(prompts.map(\.label), spread: 3),
            control: scores(control, spread: 3), cosine: 1, relativeChange: 0, weightChange: 0,
            isFinite: true)
        }
      }
      let bands = try #require(summary.excesses(units))
      if bands.estimates.contains(where: { ($0?.low ?? 0) > 0 }) { claims += 1 }
    }
    // At most one map in twenty has a claim by the bands' level on either side; six of 40 has a chance below 1 in 100.
    #expect(claims < 6, "\(claims) of 40 maps")
  }

  @Test("bands hold for all figures together, and find what is far from zero")
  func bands() {
    var numbers = TestGenerator(5)
    let figures = (0..<50).map { index in
      let value: Double = index == 7 ? 1 : 0
      return DrawnFigure(
        value: value, replicates: (0..<400).map { _ in value + 0.1 * numbers.normal() })
    }
    let bands = SimultaneousBands(figures, adding: figures.map { _ in 0 })
    // The largest of 50 normal deviates is below 3.28 in 95 of 100 cases.
    #expect(abs(bands.factor - 3.28) < 0.3)
    let remarkable = bands.estimates.indices.filter { index in
      guard let estimate = bands.estimates[index] else { return false }
      return estimate.low > 0 || estimate.high < 0
    }
    #expect(remarkable == [7])
    let wider = SimultaneousBands(figures, adding: figures.map { _ in 1 })
    #expect(wider.estimates.allSatisfy { ($0?.low ?? 0) < 0 })
  }
}
