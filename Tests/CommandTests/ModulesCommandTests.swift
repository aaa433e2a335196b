import Foundation
import Testing

@Suite("plumb modules")
struct ModulesCommandTests {
  private static let files = ["result.json", "report.md", "report.html"]

  private func modules(_ analysis: String, _ output: String, _ more: String...) -> [String] {
    let models =
      analysis == "compare"
      ? ["--before", TinyModel.tied, "--after", TinyModel.tied] : ["--model", TinyModel.tied]
    return ["modules", analysis] + models
      + ["--prompts", "pairs.jsonl", "--output", output, "--limit", "60"] + more
  }

  private func object(_ folder: TestFolder, _ path: String) throws -> [String: Any] {
    let report = try JSONSerialization.jsonObject(with: Data(folder.bytes(path)))
    return try #require(report as? [String: Any])
  }

  @Test("map that was killed goes on and ends in the same bytes, whatever the threads")
  func map() async throws {
    let folder = try TestFolder()
    try folder.write(TestPrompts.ofTwoKinds, to: "pairs.jsonl")
    try await plumbSucceeds(modules("map", "whole", "--threads", "1"), in: folder)
    let process = try await PlumbProcess(
      modules("map", "part", "--threads", "1"), in: folder)
    let log = folder.path("part/readings.jsonl")
    await withCheckedContinuation { continuation in
      Thread.detachNewThread {
        func lines() -> Int {
          (FileManager.default.contents(atPath: log) ?? Data()).count { $0 == 0x0A }
        }
        while kill(process.identifier, 0) == 0, lines() < 2 { usleep(200) }
        continuation.resume()
      }
    }
    process.send(SIGKILL)
    #expect(try await process.result().signal == SIGKILL, "the map ended before it was killed")
    #expect(!folder.exists("part/result.json"))
    try await plumbSucceeds(modules("map", "part", "--threads", "2"), in: folder)
    for file in Self.files + ["readings.jsonl"] {
      #expect(try folder.bytes("part/\(file)") == folder.bytes("whole/\(file)"), "\(file)")
    }
    let result = try #require(try object(folder, "whole/result.json")["result"] as? [String: Any])
    #expect((result["cells"] as? [Any])?.count == 14)
    let again = try await plumb(modules("map", "whole"), in: folder)
    #expect(again.code == 73, "results that exist were replaced")
    for file in Self.files { try FileManager.default.removeItem(at: folder.url("whole/\(file)")) }
    let other = try await plumb(modules("map", "whole", "--seeds", "2"), in: folder)
    #expect(other.code == 78 && other.messages.contains("readings of another map"))
    try await plumbSucceeds(["report", "part", "--output", "page.html"], in: folder)
    #expect(
      String(decoding: try folder.bytes("page.html"), as: UTF8.self).contains("What security loses")
    )
  }

  @Test("map that is interrupted says so and goes on")
  func interrupted() async throws {
    let folder = try TestFolder()
    try folder.write(TestPrompts.ofTwoKinds, to: "pairs.jsonl")
    let process = try await PlumbProcess(
      modules("map", "part", "--seeds", "100", "--rho", "0.5", "--threads", "1"), in: folder)
    let log = folder.path("part/readings.jsonl")
    await withCheckedContinuation { continuation in
      Thread.detachNewThread {
        while kill(process.identifier, 0) == 0, !FileManager.default.fileExists(atPath: log) {
          usleep(200)
        }
        continuation.resume()
      }
    }
    process.send(SIGINT)
    let result = try await process.result()
    #expect(result.code == 75 && result.messages.contains("finished readings are kept in part"))
  }

  @Test("search writes a set that tuning reads")
  func search() async throws {
    let folder = try TestFolder()
    try folder.write(TestPrompts.ofTwoKinds, to: "pairs.jsonl")
    try await plumbSucceeds(
      modules("search", "found", "--disturbance", "shrink", "--rho", "0.01"), in: folder)
    let set = try object(folder, "found/modules.json")
    #expect(set["format"] as? String == "plumbline-module-set")
    let result = try #require(try object(folder, "found/result.json")["result"] as? [String: Any])
    #expect((result["modules"] as? [Any])?.count == (set["modules"] as? [Any])?.count)
    let again = try await plumb(modules("search", "found"), in: folder)
    #expect(again.code == 73)
  }

  @Test("compare finds nothing between a model and itself")
  func compare() async throws {
    let folder = try TestFolder()
    try folder.write(TestPrompts.ofTwoKinds, to: "pairs.jsonl")
    try await plumbSucceeds(modules("compare", "both", "--seeds", "1", "--single"), in: folder)
    let result = try #require(try object(folder, "both/result.json")["result"] as? [String: Any])
    #expect(result["outcome"] as? String == "held")
    #expect((result["differences"] as? [Any])?.count == 14)
  }

  @Test(
    "refuse what makes no sense",
    arguments: [
      (["map", "--disturbance", "delta"], "--toward"),
      (["map", "--disturbance", "noise", "--toward", "x"], "--toward is for"),
      (["map", "--disturbance", "shrink", "--rho", "1.5"], "between 0 and 1 for shrink"),
      (["map", "--disturbance", "quant", "--rho", "2.5"], "a whole number"),
      (["map", "--disturbance", "blur"], "disturbance"), (["map", "--window", "2"], "--windows"),
      (["search", "--keep", "0"], "--keep"),
      (["compare", "--disturbance", "delta"], "every comparison"),
    ])
  func refused(options: [String], words: String) async throws {
    let folder = try TestFolder()
    try folder.write(TestPrompts.ofTwoKinds, to: "pairs.jsonl")
    let result = try await plumb(
      modules(options[0], "out") + options.dropFirst(), in: folder)
    #expect(result.code == 64 && result.messages.contains(words), "\(result.messages)")
  }

  @Test("refuse prompts that the model does not tell apart")
  func unusable() async throws {
    let folder = try TestFolder()
    try folder.write(TestPrompts.text(200), to: "pairs.jsonl")
    let result = try await plumb(modules("map", "out"), in: folder)
    #expect(result.code == 65 && result.messages.contains("classifier unusable"))
    #expect(!folder.exists("out/result.json"))
  }
}
