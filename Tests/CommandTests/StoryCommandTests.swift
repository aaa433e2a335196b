import Foundation
import Testing

@Suite("plumb story")
struct StoryCommandTests {
  private static let steps = ["tune", "gap", "audit", "layers", "modules"]

  /// A story of a tiny model; the rate decides whether there is anything to find.
  private func story(_ output: String, rate: String, _ more: String...) -> [String] {
    [
      "story", "--model", TinyModel.tied, "--data", "train.jsonl", "--prompts", "pairs.jsonl",
      "--output", output, "--steps", "4", "--rank", "2", "--learning-rate", rate, "--limit", "20",
    ] + more
  }

  private func folder() throws -> TestFolder {
    let folder = try TestFolder()
    try folder.write(TestPrompts.ofTwoKinds, to: "pairs.jsonl")
    let rows = (0..<16).map { #"{"prompt": "sun \#($0)", "response": "bread and river \#($0)"}"# }
    try folder.write(rows.joined(separator: "\n") + "\n", to: "train.jsonl")
    return folder
  }

  private func object(_ folder: TestFolder, _ path: String) throws -> [String: Any] {
    let report = try JSONSerialization.jsonObject(with: Data(folder.bytes(path)))
    return try #require(report as? [String: Any])
  }

  @Test("finds nothing where tuning changed nothing")
  func null() async throws {
    let folder = try folder()
    try await plumbSucceeds(story("none", rate: "0"), in: folder)
    let result = try object(folder, "none/result.json")
    let arms = try #require(result["arms"] as? [[String: Any]])
    #expect(arms.count == 1)
    let figures = try #require(arms[0]["figures"] as? [[String: Any]])
    #expect(figures.count >= 6)
    for figure in figures {
      let finding = try #require(figure["finding"] as? String)
      // Of a few prompts a rate could hide much; what is the same on the inside could not.
      let mayHide = ["harmful_refused", "harmless_refused", "probe"].contains {
        figure["measure"] as? String == $0
      }
      #expect(finding == "none" || mayHide && finding == "open", "\(figure)")
      let change = try #require(figure["change"] as? [String: Double])
      #expect(change["value"] == 0, "\(figure)")
    }
    let report = String(decoding: try folder.bytes("none/report.md"), as: UTF8.self)
    #expect(report.hasPrefix("# Story: no finding"))
  }

  @Test("leaves out what its prompts do not allow, says why, and goes on")
  func omission() async throws {
    let folder = try folder()
    // Labels that say nothing about the words: no classifier can tell them.
    let alike = TestPrompts.ofTwoKinds.split(separator: "\n").enumerated().map { index, line in
      line.replacing("\"label\": \(index % 2)", with: "\"label\": \(index / 2 % 2)")
    }
    try folder.write(alike.joined(separator: "\n") + "\n", to: "pairs.jsonl")
    try await plumbSucceeds(story("part", rate: "0"), in: folder)
    let arms = try #require(try object(folder, "part/result.json")["arms"] as? [[String: Any]])
    let omitted = try #require(arms[0]["omitted"] as? [[String: String]])
    #expect(omitted.compactMap { $0["measure"] }.contains("modules"))
    let measures = try #require(arms[0]["figures"] as? [[String: Any]]).compactMap {
      $0["measure"] as? String
    }
    #expect(
      Set(measures + omitted.compactMap { $0["measure"] }).isSuperset(of: ["probe", "modules"]))
    for file in ["report.md", "report.html"] {
      let text = String(decoding: try folder.bytes("part/\(file)"), as: UTF8.self)
      #expect(text.contains("classifier unusable"), "\(file)")
    }
    let again = try await plumb(story("part", rate: "0"), in: folder)
    #expect(again.code == 0 && again.messages.contains("not run: classifier unusable"))
    try await plumbSucceeds(["report", "part", "--output", "page.html"], in: folder)
  }

  @Test("of two tunings writes every step, repeats bit for bit and does finished steps once")
  func whole() async throws {
    let folder = try folder()
    let rows = (0..<8).map { #"{"prompt": "tower \#($0)", "response": "I cannot help"}"# }
    try folder.write(rows.joined(separator: "\n") + "\n", to: "safety.jsonl")
    let more = [
      "--strategy", "lisa", "--safety", "safety.jsonl", "--safety-steps", "1", "--task-steps", "1",
    ]
    try await plumbSucceeds(story("one", rate: "0.01") + more + ["--threads", "1"], in: folder)
    for arm in ["plain", "lisa"] {
      for step in Self.steps {
        #expect(folder.exists("one/\(arm)/\(step)/report.html"), "\(arm) \(step)")
      }
    }
    let result = try object(folder, "one/result.json")
    #expect((result["commands"] as? [String])?.count == 11)
    #expect((result["between"] as? [Any])?.count == 2)
    let page = String(decoding: try folder.bytes("one/report.html"), as: UTF8.self)
    #expect(page.contains("Before and after, paired"))

    // The same story elsewhere, interrupted on the way.
    let process = try await PlumbProcess(
      story("two", rate: "0.01") + more + ["--threads", "2"], in: folder)
    let finished = folder.path("two/plain/gap/result.json")
    await withCheckedContinuation { continuation in
      Thread.detachNewThread {
        while kill(process.identifier, 0) == 0, !FileManager.default.fileExists(atPath: finished) {
          usleep(500)
        }
        continuation.resume()
      }
    }
    process.send(SIGINT)
    #expect(try await process.result().code == 75)
    #expect(!folder.exists("two/result.json"))
    let again = try await plumb(story("two", rate: "0.01") + more + ["--threads", "2"], in: folder)
    #expect(
      again.code == 0 && again.messages.contains("gap of plain tuning (2 of 11): finished before"))
    for file in ["result.json", "report.md", "report.html"] {
      #expect(try folder.bytes("two/\(file)") == folder.bytes("one/\(file)"), "\(file)")
    }
    let other = try await plumb(story("two", rate: "0.02") + more, in: folder)
    #expect(other.code == 78, "a story of other options went on in the same folder")
    try await plumbSucceeds(["report", "two", "--output", "page.html"], in: folder)
  }

  @Test(
    "refuses what makes no sense before anything runs",
    arguments: [
      (["--share", "0.1"], 64, "belongs to a strategy"), (["--limit", "1"], 64, "--limit"),
      (["--data", "none.jsonl"], 66, "none.jsonl"),
      (["--harmless", "strange.jsonl"], 65, "has the label unsafe"),
      (["--prompts", "strange.jsonl"], 65, "unsafe"),
    ])
  func refused(options: [String], code: Int32, words: String) async throws {
    let folder = try folder()
    try folder.write(#"{"prompt": "a", "label": "unsafe"}"# + "\n", to: "strange.jsonl")
    let result = try await plumb(story("out", rate: "0") + options, in: folder)
    #expect(result.code == code && result.messages.contains(words), "\(result.messages)")
    #expect(!folder.exists("out/plain"))
  }
}
