import Foundation
import ModelFiles
import TestSupport
import Testing

@Suite("plumb layers rank, all and landscape")
struct LayersRankCommandTests {
  /// Pairs of a harmful and a harmless prompt in groups of two pairs, with parts.
  private static func writePairs(in folder: TestFolder, count: Int = 48) throws {
    let words = ["river", "hello", "stone", "the", "of", "a", "low", "new"]
    var lines = ""
    for pair in 0..<count {
      let part = ["train", "train", "dev", "test"][pair / 2 % 4]
      for label in 0...1 {
        let text = (0..<3 + pair % 5).map { words[($0 * (pair + 3) + 5 * label) % words.count] }
        lines += """
          {"prompt": "\(text.joined(separator: " ")) \(pair)", "label": \(label), \
          "group": "topic \(pair / 2)", "pair": "pair \(pair)", "split": "\(part)"}

          """
      }
    }
    try folder.write(lines, to: "pairs.jsonl")
  }

  private static let options = [
    "--model", TinyModel.tied, "--prompts", "pairs.jsonl", "--threads", "2",
  ]

  private static func result(_ name: String, in folder: TestFolder) throws -> [String: Any] {
    try #require(
      try JSONSerialization.jsonObject(with: Data(folder.bytes("\(name)/result.json")))
        as? [String: Any])
  }

  @Test("all makes a folder for every step, names what is missing, and repeats no finished step")
  func all() async throws {
    let folder = try TestFolder()
    try Self.writePairs(in: folder)
    let command = ["layers", "all", "--output", "out", "--count", "12"] + Self.options
    let first = try await plumbSucceeds(command, in: folder)
    let steps = ["gap", "search", "direction", "patch", "rank"]
    for step in steps {
      #expect(try Self.result("out/\(step)", in: folder)["kind"] as? String == "layers-\(step)")
      #expect(folder.exists("out/\(step)/report.html") && folder.exists("out/\(step)/report.md"))
      #expect(first.messages.contains("\(step) ("))
    }
    // Two layers are too few to tell agreement from chance, and the tiny model refuses nothing.
    #expect(first.text.contains("Not judged"))
    #expect(first.text.contains("not ranked by"))
    #expect(first.lines.allSatisfy { $0.count <= 80 || $0.hasPrefix("Wrote") })

    let before = try steps.map { try folder.bytes("out/\($0)/result.json") }
    let second = try await plumbSucceeds(command, in: folder)
    #expect(try steps.map { try folder.bytes("out/\($0)/result.json") } == before)
    #expect(second.messageLines.count { $0.contains("finished before") } == 4)
    try await plumbSucceeds(
      ["layers", "rank", "--output", "again", "--from", "out"] + Self.options, in: folder)
    #expect(try folder.bytes("again/result.json") == folder.bytes("out/rank/result.json"))
    let other = try await plumb(command + ["--seed", "1"], in: folder)
    #expect(other.code == 78)
    #expect(other.messages.contains("out/gap holds a result of another model"))
  }

  @Test("all goes on with the counts of a search that was interrupted")
  func interruptedSearch() async throws {
    let folder = try TestFolder()
    try Self.writePairs(in: folder)
    let command = ["layers", "all", "--output", "out", "--count", "12"] + Self.options
    try await plumbSucceeds(command, in: folder)
    let counts = String(decoding: try folder.bytes("out/search/sweeps.jsonl"), as: UTF8.self)
    // As if it had been killed behind the first count, which is marked: the tiny model refuses nothing.
    let lines = counts.split(separator: "\n").prefix(2).joined(separator: "\n") + "\n"
    let marked = lines.replacingOccurrences(of: "\"verdicts\":\"0", with: "\"verdicts\":\"1")
    try #require(marked != lines)
    try folder.write(marked, to: "out/search/sweeps.jsonl")
    try FileManager.default.removeItem(at: folder.url("out/search/result.json"))
    try await plumbSucceeds(command, in: folder)
    let result = try #require(
      try Self.result("out/search", in: folder)["result"] as? [String: Any])
    let baseline = try #require(result["baseline"] as? [String: Any])
    #expect((baseline["verdicts"] as? String)?.hasPrefix("1") == true)
  }

  @Test("all replaces nothing but its own results")
  func foreignResult() async throws {
    let folder = try TestFolder()
    try Self.writePairs(in: folder)
    let foreign = try folder.write(
      "{\"kind\": \"other\", \"schema\": 1}", to: "out/gap/result.json")
    let refused = try await plumb(
      ["layers", "all", "--output", "out", "--count", "12"] + Self.options, in: folder)
    #expect(refused.code == 78)
    #expect(refused.messages.contains("out/gap holds a result"))
    #expect(try folder.bytes(foreign) == Array("{\"kind\": \"other\", \"schema\": 1}".utf8))
  }

  @Test("rank takes what it is given, and refuses results of another model")
  func rank() async throws {
    let folder = try TestFolder()
    try Self.writePairs(in: folder)
    _ = try await plumbSucceeds(["layers", "gap", "--output", "gap"] + Self.options, in: folder)
    let ranked = try await plumbSucceeds(
      ["layers", "rank", "--output", "rank", "--from", "gap"] + Self.options, in: folder)
    #expect(ranked.text.contains("direct attribution: not ranked by"))
    let result = try #require(
      try Self.result("rank", in: folder)["result"] as? [String: Any])
    let missing = try #require(result["missing"] as? [[String: Any]])
    #expect(
      missing.compactMap { $0["kind"] as? String } == [
        "direct_attribution", "denoise", "noise", "scaling_search",
      ])
    let page = try await plumbSucceeds(
      ["report", "rank", "gap", "--output", "page.html"], in: folder)
    #expect(page.code == 0)

    let other = try await plumb(
      [
        "layers", "rank", "--model", TinyModel.bfloat16, "--prompts", "pairs.jsonl", "--output",
        "other", "--from", "gap",
      ], in: folder)
    #expect(other.code == 78)
    #expect(other.messages.contains("gap was made with the model"))
    try folder.write("nothing", to: "empty/file")
    let nothing = try await plumb(
      ["layers", "rank", "--output", "none", "--from", "empty"] + Self.options, in: folder)
    #expect(nothing.code == 66)
  }

  @Test("a landscape has a point for every move, and the same command gives the same bytes")
  func landscape() async throws {
    let folder = try TestFolder()
    try Self.writePairs(in: folder)
    for output in ["a", "b"] {
      _ = try await plumbSucceeds(
        [
          "layers", "landscape", "--output", output, "--directions", "2", "--steps", "2",
          "--count", "6", "--replies", "3",
        ] + Self.options, in: folder)
    }
    #expect(try folder.bytes("a/result.json") == folder.bytes("b/result.json"))
    let result = try #require(try Self.result("a", in: folder)["result"] as? [String: Any])
    let directions = try #require(result["directions"] as? [[[String: Any]]])
    #expect(directions.map(\.count) == [5, 5])
    #expect(
      directions[0].compactMap { ($0["alpha"] as? NSNumber)?.doubleValue } == [
        -0.5, -0.25, 0, 0.25, 0.5,
      ])
  }
}
