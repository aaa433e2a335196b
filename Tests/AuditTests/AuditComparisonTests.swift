import Audit
import Foundation
import Inference
import Reports
import Statistics
import Testing

@Suite("Several tunings under one protocol")
struct AuditComparisonTests {
  private let planted: Planted

  init() throws { planted = try Planted() }

  /// The page of some audits, each of the model that refuses and what it was tuned to, with a seed of its protocol.
  private func page(_ audits: [(name: String, after: AdaptedModel, seed: UInt64)]) throws -> String
  {
    try withFolder { folder in
      let paths = try audits.map { audit in
        let questions = planted.questions(12)
        let found = try planted.run(from: planted.aligned, to: audit.after, questions)
        let report = AuditReport(
          found.result,
          manifest: AuditManifest(
            audit: planted.audit(questions, seed: audit.seed),
            before: AuditedModel(planted.aligned), after: AuditedModel(audit.after)),
          toolVersion: "0", backend: "b")
        let path = "\(folder)/\(audit.name)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try Data(report.json()).write(to: URL(filePath: "\(path)/result.json"))
        return path
      }
      return try ResultCollection(paths: paths).html(charts: nil)
    }
  }

  /// The aligned model disturbed a little, once for each seed.
  private func disturbed(_ seed: UInt64) throws -> AdaptedModel {
    try planted.aligned(with: planted.disturbance(size: 0.01, seed: seed))
  }

  @Test("get a row each and a t interval over tunings")
  func mean() throws {
    // Two disturbed models and one that has lost its refusals: changes 0, 0 and -1, or nearly.
    let changes = try [disturbed(1), disturbed(2), planted.plain].map { after in
      try planted.run(from: planted.aligned, to: after, planted.questions(12)).result.harmful
        .anywhere.refusals.difference.value
    }
    #expect(changes[2] < -0.5)
    let page = try page([
      ("one", try disturbed(1), 0), ("two", try disturbed(2), 0), ("three", planted.plain, 0),
    ])
    #expect(page.contains("Several tunings under one protocol"))
    #expect(page.contains("What each tuning did to refusals"))
    let mean = changes.reduce(0, +) / 3
    let deviation = (changes.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 2).squareRoot()
    let reach = 4.302653 * deviation / 3.0.squareRoot()
    let words = [mean, max(-1, mean - reach), min(1, mean + reach)].map {
      String(format: "%+.1f", 100 * $0)
    }
    let sentence = """
      Mean change of refusals over 3 tunings: \(words[0]) points (\(words[1])…\(words[2]), a 95 % t interval with \
      2 degrees of freedom)
      """
    #expect(page.contains(sentence), "\(sentence)")
    #expect(!page.contains("another protocol"))
  }

  @Test("of different protocols are said to be so, and get no mean")
  func strangers() throws {
    let different = try page([("one", planted.plain, 0), ("two", try disturbed(1), 5)])
    #expect(different.contains("two: another protocol than one (seed)"))
    #expect(!different.contains("Mean change of refusals"))
    let mixed = try page([
      ("one", planted.plain, 0), ("two", try disturbed(1), 5), ("three", try disturbed(2), 0),
    ])
    #expect(mixed.contains("Mean change of refusals over 2 tunings"))
    #expect(mixed.contains("two: another protocol than one (seed)"))
  }

  @Test("that are one tuned model twice get no mean")
  func twice() throws {
    let page = try page([("one", planted.plain, 0), ("two", planted.plain, 0)])
    #expect(page.contains("of one tuned model"))
    #expect(!page.contains("Mean change of refusals"))
  }

  @Test("of a single audit are none")
  func single() throws {
    #expect(!(try page([("one", planted.plain, 0)])).contains("Several tunings"))
  }
}
