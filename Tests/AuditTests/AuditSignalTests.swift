import Audit
import Inference
import ModelFiles
import Statistics
import Synchronization
import TestSupport
import Testing
import Tokenization

@Suite("What an audit measures beside greedy answers")
struct AuditSignalTests {
  private let planted: Planted
  private let plan = SamplingPlan(samples: 3, temperature: 0.7)

  init() throws { planted = try Planted() }

  // MARK: Samples

  @Test("the model that stopped refusing answers in some sample, and p is McNemar's")
  func samples() throws {
    let found = try planted.run(
      from: planted.aligned, to: planted.plain, planted.questions(24), sampling: plan)
    let sampled = try #require(found.result.sampled)
    #expect(sampled.plan == plan)
    let any = sampled.anyAnswer
    #expect(any.before.value < any.after.value)
    #expect(sampled.brokenBefore <= sampled.brokenAfter && sampled.brokenAfter > 0)
    #expect(
      found.answers.contains {
        [$0.answeringSamplesBefore, $0.answeringSamplesAfter].contains { (1...2).contains($0 ?? 0) }
      }, "every prompt's samples are alike")
    for answer in found.answers {
      let isHarmful = answer.set == .harmful
      #expect((answer.answeringSamplesBefore != nil) == isHarmful)
      #expect((0...3).contains(answer.answeringSamplesAfter ?? 0))
    }
    #expect(found.answers.count { ($0.answeringSamplesAfter ?? 0) > 0 } == any.after.count)
    // The verdict rests on greedy answers alone.
    let greedy = try planted.run(
      from: planted.aligned, to: planted.plain, planted.questions(24))
    #expect(greedy.result.sampled == nil && greedy.result.verdict == found.result.verdict)
    #expect(greedy.result.harmful == found.result.harmful)
  }

  @Test("both models draw alike, whatever the order of prompts, and differently sample by sample")
  func seeds() throws {
    let null = try planted.run(
      from: planted.plain, to: planted.plain, planted.questions(8), sampling: plan, threads: 1)
    for answer in null.answers {
      #expect(answer.answeringSamplesBefore == answer.answeringSamplesAfter)
    }
    let turned = try planted.run(
      from: planted.plain, to: planted.plain,
      planted.questions(8, order: { $0.reversed() }), sampling: plan, threads: 3)
    func counts(_ outcome: AuditRun.Outcome) -> [String: Int?] {
      Dictionary(
        uniqueKeysWithValues: outcome.answers.map { ($0.prompt, $0.answeringSamplesAfter) })
    }
    #expect(counts(null) == counts(turned))
  }

  @Test("an audit that was stopped among its samples goes on and ends alike")
  func stopped() throws {
    let whole = try planted.run(
      from: planted.aligned, to: planted.plain, planted.questions(8), sampling: plan)
    try withFolder { folder in
      let wasInSamples = Mutex(false)
      #expect(throws: AuditError.self) {
        try planted.run(
          from: planted.aligned, to: planted.plain, planted.questions(8), sampling: plan,
          folder: folder
        ) { what, _, _ in
          let isThere = what == "after/sample-2"
          wasInSamples.withLock { $0 = $0 || isThere }
          return !isThere
        }
      }
      #expect(wasInSamples.withLock { $0 })
      let found = try planted.run(
        from: planted.aligned, to: planted.plain, planted.questions(8), sampling: plan,
        folder: folder)
      #expect(found.result == whole.result && found.answers == whole.answers)
      let other = try #require(
        #expect(throws: AuditError.self) {
          try planted.run(
            from: planted.aligned, to: planted.plain, planted.questions(8), folder: folder)
        })
      #expect(other.description.contains("(sampling)"))
    }
  }

  // MARK: The auditor's own metric

  private func metric(_ text: String, named name: String = "m.jsonl") throws -> MetricFile {
    try withFile(text, named: name) { try MetricFile(path: $0) }
  }

  @Test("the auditor's own metric is compared item by item, whole groups redrawn")
  func ownMetric() throws {
    let csv =
      "item,before,after,group\n"
      + (0..<12).map { "i\($0),\($0),\(Double($0) + 0.5),g\($0 / 2)\n" }.joined()
    let file = try metric(csv, named: "m.csv")
    let found = try planted.run(
      from: planted.aligned, to: planted.aligned, planted.questions(6, metric: file))
    let own = try #require(found.result.metric)
    #expect(own.items == 12 && own.groups == 6)
    #expect(own.before.value == 5.5 && own.after.value == 6)
    // The means spread widely; their paired difference does not at all.
    #expect(own.before.high - own.before.low > 2)
    #expect(own.difference.value == 0.5 && own.difference.low == 0.5 && own.difference.high == 0.5)
    #expect(try metric(#"{"item": "a", "before": 1, "after": 2.5}"#).after == [2.5])
  }

  @Test(
    "a line of the metric that cannot be used is refused in one sentence without its item",
    arguments: [
      (#"{"item": "secret", "before": 1}"#, "has no number in the column after"),
      (#"{"item": "secret", "before": "x", "after": 1}"#, "has no number in the column before"),
      (#"{"item": "secret", "before": "nan", "after": 1}"#, "has no number in the column before"),
      (
        #"{"item": "secret", "before": 1, "after": 1}"# + "\n"
          + #"{"item": "secret", "before": 1, "after": 1}"#, "has the item of line 1 again"
      ), (#"{"prompt": "secret", "before": 1, "after": 1}"#, "there is no item"),
    ])
  func refusedMetric(text: String, words: String) throws {
    let failure = try #require(#expect(throws: (any Error).self) { try metric(text + "\n") })
    let sentence = "\(failure)"
    #expect(sentence.contains(words) && sentence.hasSuffix("."), "\(sentence)")
    #expect(!sentence.contains("secret"))
  }

  // MARK: The frozen probe

  /// A probe that sees the marker word under the model that refuses, and nothing under the other.
  private func probe(_ seen: Set<[Int32]>) throws -> FrozenProbe {
    let layers = planted.plain.checkpoint.configuration.layerCount
    let reference = try logits(of: Decoder(planted.aligned, threads: 1), [5])
    return FrozenProbe(digest: "d", name: "n", meaning: "harmful") { prompt, decoder in
      #expect(decoder.description.layerCount == layers)
      let isAligned = try logits(of: decoder, [5]) == reference
      return isAligned && seen.contains(prompt.ids) ? 1 : -1
    }
  }

  @Test("a frozen probe tells recognised from refused on both sides, and decides nothing")
  func recognition() throws {
    let prompts = Planted.prompts(20, .harmful)
    let ids = try prompts.map { try planted.encoder.encode($0.messages).ids }
    // It misses the first of the harmful requests.
    let questions = planted.questions(20, probe: try probe(Set(ids.dropFirst())))
    let found = try planted.run(from: planted.aligned, to: planted.plain, questions)
    let recognition = try #require(found.result.recognition)
    let (before, after) = (recognition.before, recognition.after)
    // 19 of 20 stand above all harmless ones, and one is level with them.
    #expect(before.auroc?.value == 0.975 && after.auroc?.value == 0.5)
    #expect(abs(try #require(recognition.increase).value + 0.475) < 1e-12)
    #expect(before.recognizedHarmless == 0)
    let refused = found.result.harmful.anywhere.refusals.before.count
    #expect(before.harmful.recognizedRefused + before.harmful.unrecognizedRefused == refused)
    #expect(before.harmful.recognizedRefused + before.harmful.recognizedNotRefused == 19)
    #expect(after.harmful.recognizedRefused == 0 && after.harmful.recognizedNotRefused == 0)
    #expect(
      found.answers.filter { $0.set == .harmful }.map(\.probeBefore)
        == [-1] + Array(repeating: 1, count: 19))
    #expect(found.answers.allSatisfy { $0.probeAfter == -1 })
    let without = try planted.run(from: planted.aligned, to: planted.plain, planted.questions(20))
    #expect(without.result.verdict == found.result.verdict)
    #expect(without.result.flags == found.result.flags)
    let row = try #require(
      AuditedAnswer.csv(found.answers).split(separator: "\n").dropFirst().first)
    #expect(row.hasSuffix(",,,-1.0,-1.0"))
  }
}
