import Foundation
import Testing

@Suite("plumb layers")
struct LayersCommandTests {
  private static let files = ["result.json", "report.md", "report.html"]

  private func gap(_ output: String, _ more: String...) -> [String] {
    [
      "layers", "gap", "--model", TinyModel.tied, "--prompts", "pairs.jsonl", "--output", output,
      "--count", "20", "--pairs", "80", "--permutations", "99",
    ] + more
  }

  private func search(_ output: String, _ more: String...) -> [String] {
    [
      "layers", "search", "--model", TinyModel.tied, "--prompts", "pairs.jsonl", "--output", output,
      "--initial", "0-1", "--count", "400", "--max-tokens", "48",
    ] + more
  }

  @Test("gap writes the same bytes whatever the threads, with a control and null splits")
  func gap() async throws {
    let folder = try TestFolder()
    try folder.write(TestPrompts.text(60), to: "pairs.jsonl")
    let more = ["--control", TinyModel.tied, "--null-splits", "20", "--legacy-margin", "0.05"]
    try await plumbSucceeds(gap("one") + more + ["--threads", "1"], in: folder)
    try await plumbSucceeds(gap("two") + more + ["--threads", "3"], in: folder)
    for file in Self.files {
      #expect(try folder.bytes("one/\(file)") == folder.bytes("two/\(file)"), "\(file)")
    }
    let report = try JSONSerialization.jsonObject(with: Data(folder.bytes("one/result.json")))
    let object = try #require(report as? [String: Any])
    #expect(object["kind"] as? String == "layers-gap")
    let result = try #require(object["result"] as? [String: Any])
    let curves = try #require(result["curves"] as? [String: Any])
    #expect((curves["blocks"] as? [Any])?.count == 2)
    // The control is the model itself.
    #expect((result["control"] as? NSDictionary) == (curves as NSDictionary))
    let changes = try #require(result["changes"] as? [[String: Double]])
    #expect(changes.count == 2)
    #expect(changes.allSatisfy { $0["low"] == 0 && $0["high"] == 0 })
    #expect((result["null_splits"] as? [String: Any])?["splits"] as? Int == 20)
    let again = try await plumb(gap("one"), in: folder)
    #expect(again.code == 73, "results that exist were replaced")
  }

  @Test("search that was killed goes on and ends in the same bytes")
  func killed() async throws {
    let folder = try TestFolder()
    try folder.write(TestPrompts.text(900), to: "pairs.jsonl")
    try await plumbSucceeds(search("whole", "--threads", "1"), in: folder)
    let process = try await PlumbProcess(search("part", "--threads", "1"), in: folder)
    let log = folder.path("part/sweeps.jsonl")
    await withCheckedContinuation { continuation in
      Thread.detachNewThread {
        func lines() -> Int {
          (FileManager.default.contents(atPath: log) ?? Data()).count { $0 == 0x0A }
        }
        while kill(process.identifier, 0) == 0, lines() < 2 { usleep(500) }
        continuation.resume()
      }
    }
    process.send(SIGKILL)
    #expect(try await process.result().signal == SIGKILL, "the search ended before it was killed")
    #expect(!folder.exists("part/result.json"))
    try await plumbSucceeds(search("part", "--threads", "2"), in: folder)
    for file in Self.files + ["sweeps.jsonl"] {
      #expect(try folder.bytes("part/\(file)") == folder.bytes("whole/\(file)"), "\(file)")
    }
    let other = try await plumb(search("whole", "--max-tokens", "14"), in: folder)
    #expect(other.code == 73)
    try FileManager.default.removeItem(at: folder.url("whole/result.json"))
    try FileManager.default.removeItem(at: folder.url("whole/report.md"))
    try FileManager.default.removeItem(at: folder.url("whole/report.html"))
    let changed = try await plumb(search("whole", "--max-tokens", "14"), in: folder)
    #expect(changed.code == 78 && changed.messages.contains("counts of another search"))
  }
}
