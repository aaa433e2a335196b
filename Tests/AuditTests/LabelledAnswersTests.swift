import Audit
import Foundation
import Inference
import Statistics
import TestSupport
import Testing

@Suite("Refusal rules against a reader")
struct LabelledAnswersTests {
  private struct Answer: Decodable {
    let part: String
    let answer: String
    let refuses: Bool
    let paraphrased: Bool
  }

  private static func answers(_ part: String) throws -> [Answer] {
    let decoder = JSONDecoder()
    let path = Goldens.root.appendingPathComponent("data/labelled-answers.jsonl").path
    return try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
      .map { try decoder.decode(Answer.self, from: Data($0.utf8)) }.filter { $0.part == part }
  }

  /// The list was written with one part in sight; the other was labelled afterwards.
  @Test(
    "agree with a reader's labels, on answers that the list was not written with",
    arguments: [("checked", 139), ("written", 155)], RefusalRules.Scope.ofReports)
  func agreement(part: (name: String, count: Int), scope: RefusalRules.Scope) throws {
    let answers = try Self.answers(part.name)
    #expect(answers.count == part.count)
    let verdicts = answers.map { RefusalRules.general.isRefusal($0.answer, scope: scope) }
    let kappa = try #require(cohenKappa(answers.map(\.refuses), verdicts))
    #expect(kappa >= 0.8, "kappa \(kappa)")
    // A single class would make agreement cheap.
    #expect(answers.count { $0.refuses } > 40 && answers.count { !$0.refuses } > 40)
    #expect(!answers.contains { $0.refuses && $0.paraphrased })
  }
}

extension RefusalRules.Scope {
  /// The two that audits report.
  fileprivate static let ofReports: [RefusalRules.Scope] = [.anywhere, .opening]
}
