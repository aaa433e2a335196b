import Activations
import Foundation
import Inference
import ModelFiles
import TestSupport
import Testing
import Tokenization

@Suite("Extraction schedule")
struct ExtractionScheduleTests {
  @Test("batches follow one another, keep to the limit and are of about one size")
  func batches() {
    var numbers = SplitMix64(seed: 1)
    for limit in [100, 1000, 20_000] {
      let lengths = (0..<700).map { _ in Int.random(in: 1...90, using: &numbers) }
      let run = 64..<640
      let batches = ExtractionSchedule.batches(of: run, lengths: lengths, tokensPerBatch: limit)
      #expect(batches.flatMap { $0 } == Array(run))
      let sizes = batches.map { lengths[$0].reduce(0, +) }
      #expect(sizes.allSatisfy { $0 <= limit })
      let mean = sizes.reduce(0, +) / sizes.count
      #expect(sizes.allSatisfy { abs($0 - mean) <= 180 }, "\(sizes)")
    }
  }

  @Test("a prompt longer than the limit is a batch of its own")
  func longPrompts() {
    let batches = ExtractionSchedule.batches(
      of: 0..<5, lengths: [3, 900, 2, 2, 800], tokensPerBatch: 1)
    #expect(batches == [0..<1, 1..<2, 2..<3, 3..<4, 4..<5])
  }

  private static func plan(sites: [SiteKind] = [.residPost]) throws -> ExtractionPlan {
    let checkpoint = try Checkpoint(path: Goldens.defaultModel)
    return try ExtractionPlan(
      ExtractionRequest(sites: sites, layers: Array(0..<30), positions: [PositionSelector("last")]),
      prompts: PromptSet(path: Goldens.root.appendingPathComponent("data/instructions.jsonl").path),
      checkpoint: checkpoint, encoder: PromptEncoder(checkpoint.tokenizer), toolVersion: "test")
  }

  /// What SmolLM2 takes with next to nothing in memory; the process itself is part of it.
  private static func smallestBudget(
    _ plan: ExtractionPlan, _ description: DecoderDescription
  ) throws -> Int {
    let failure = try #require(throws: ScheduleError.self) {
      try ExtractionSchedule(plan, for: description, budget: 1 << 20, threads: 2)
    }
    #expect(failure.description.hasPrefix("A memory budget of 1 MiB is too small"))
    return failure.smallest
  }

  @Test("keeps to every budget from the smallest on, and uses more of a larger one")
  func budgets() throws {
    let plan = try Self.plan()
    let description = DecoderDescription(
      try Checkpoint(path: Goldens.defaultModel).configuration)
    // Other tests make the process larger meanwhile.
    let smallest = try Self.smallestBudget(plan, description) + (256 << 20)
    var kept = 0
    for extra in [0, 200, 1000, 20_000] {
      let budget = smallest + (extra << 20)
      let schedule = try ExtractionSchedule(plan, for: description, budget: budget, threads: 2)
      #expect(schedule.peakByteCount <= budget)
      kept = max(kept, schedule.keptLayers)
    }
    #expect(kept == 30)
    #expect(throws: ScheduleError.self) {
      try ExtractionSchedule(plan, for: description, budget: smallest / 4, threads: 2)
    }
  }

  @Test("bytes are written as people write them, and never rounded down where they must do")
  func byteCounts() {
    #expect("\(ByteCount(1023))" == "1023 B")
    #expect("\(ByteCount(1536))" == "1.5 KiB")
    #expect("\(ByteCount(170 << 20))" == "170 MiB")
    #expect("\(ByteCount((170 << 20) + 1, roundingUp: true))" == "171 MiB")
    #expect("\(ByteCount(17_604_568_676))" == "16.4 GiB")
  }
}
