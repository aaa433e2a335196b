import Foundation
import TestSupport
import Testing

@Suite("plumb layers compare")
struct LayersCompareCommandTests {
  private static let files = ["result.json", "report.md", "report.html"]
  private static let tuned = TinyModel.tied + "+" + Goldens.path("adapters/plain")

  private func compare(_ after: String, _ output: String, _ more: String...) -> [String] {
    [
      "layers", "compare", "--before", TinyModel.tied, "--after", after, "--prompts",
      "pairs.jsonl", "--output", output, "--tokens", "4", "--kl-prompts", "8", "--draws", "100",
    ] + more
  }

  private func result(_ folder: TestFolder, _ output: String) throws -> [String: Any] {
    let report = try JSONSerialization.jsonObject(
      with: Data(folder.bytes("\(output)/result.json")))
    let object = try #require(report as? [String: Any])
    #expect(object["kind"] as? String == "layers-compare")
    return try #require(object["result"] as? [String: Any])
  }

  @Test("finds no change between a model and itself")
  func same() async throws {
    let folder = try TestFolder()
    try folder.write(TestPrompts.text(200), to: "pairs.jsonl")
    let found = try await plumbSucceeds(compare(TinyModel.tied, "same"), in: folder)
    #expect(found.text.hasPrefix("No change was found"))
    let result = try result(folder, "same")
    for layer in try #require(result["layers"] as? [[String: Any]]) {
      let direction = try #require(layer["direction"] as? [String: Any])
      #expect(direction["turn"] as? Double == 0 && direction["is_turned"] as? Bool == false)
      let probe = try #require(layer["probe"] as? [String: Any])
      #expect(!["moved", "gone"].contains(probe["fate"] as? String ?? ""))
      #expect((probe["frozen_change"] as? [String: Any])?["value"] as? Double == 0)
      let stream = try #require(layer["stream"] as? [String: Any])
      #expect((stream["difference"] as? [String: Any])?["high"] as? Double == 0)
    }
    let replies = try #require(result["replies"] as? [String: Any])
    let all = try #require(replies["all"] as? [String: Any])
    #expect((all["mean"] as? [String: Any])?["high"] as? Double == 0)
  }

  @Test("writes the same bytes whatever the threads, and report shows them again")
  func tuned() async throws {
    let folder = try TestFolder()
    try folder.write(TestPrompts.text(200), to: "pairs.jsonl")
    let found = try await plumbSucceeds(
      compare(Self.tuned, "one", "--threads", "1"), in: folder)
    #expect(found.lines.allSatisfy { $0.count <= 80 || $0.hasPrefix("Wrote") })
    #expect(found.text.contains("Vectors at the last position changed"))
    try await plumbSucceeds(compare(Self.tuned, "two", "--threads", "3"), in: folder)
    for file in Self.files {
      #expect(try folder.bytes("one/\(file)") == folder.bytes("two/\(file)"), "\(file)")
    }
    let again = try await plumb(compare(Self.tuned, "one"), in: folder)
    #expect(again.code == 73, "results that exist were replaced")
    try await plumbSucceeds(["report", "one", "--output", "page.html"], in: folder)
    let page = String(decoding: try folder.bytes("page.html"), as: UTF8.self)
    #expect(page.contains("What a tuning did to what the layers hold"))
    #expect(page.contains("Divergence of the next token"))
  }

  @Test("refuses models that cannot be compared, and numbers that make no sense")
  func refused() async throws {
    let folder = try TestFolder()
    try folder.write(TestPrompts.text(200), to: "pairs.jsonl")
    let shape = try await plumb(compare(TinyModel.path("llama-sharded"), "out"), in: folder)
    #expect(shape.code == 64 && shape.messages.contains("3 layers"))
    try folder.copyModel("llama-tied", as: "other")
    let path = folder.url("other/tokenizer_config.json")
    let template = try String(contentsOf: path, encoding: .utf8)
    try template.replacing("tiny model", with: "small model").write(
      to: path, atomically: true, encoding: .utf8)
    let other = try await plumb(compare(folder.path("other"), "out"), in: folder)
    #expect(other.code == 64 && other.messages.contains("another chat template"))
    let modules = try await plumb(
      [
        "modules", "compare", "--before", TinyModel.tied, "--after", folder.path("other"),
        "--prompts", "pairs.jsonl", "--output", "out",
      ], in: folder)
    #expect(modules.code == 64 && modules.messages.contains("another chat template"))
    try await plumbSucceeds(compare(folder.path("other"), "raw", "--raw"), in: folder)
    for (option, words) in [("--tokens", "--tokens"), ("--kl-prompts", "--kl-prompts")] {
      let result = try await plumb(
        compare(TinyModel.tied, "out", "\(option)=0"), in: folder)
      #expect(result.code == 64 && result.messages.contains(words))
    }
    #expect(!folder.exists("out/result.json"))
  }
}
