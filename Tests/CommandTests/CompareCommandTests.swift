import Activations
import Foundation
import TestSupport
import Testing

@Suite("plumb inspect --compare")
struct CompareCommandTests {
  /// Extracts the same prompts twice, with other options.
  private static func pair(
    _ first: [String], _ second: [String], in folder: TestFolder
  ) async throws {
    try folder.write(TestPrompts.text(70), to: "p.jsonl")
    for (output, options) in [("a.h5", first), ("b.h5", second)] {
      try await plumbSucceeds(
        ["extract", "--model", TinyModel.tied, "--prompts", "p.jsonl", "--output", output]
          + options, in: folder)
    }
  }

  @Test("prints a table that fits 80 columns")
  func table() async throws {
    let folder = try TestFolder()
    try await Self.pair(
      ["--sites", "resid_post,attn.z,mlp.post"],
      ["--store", "bf16", "--sites", "resid_post,logits"], in: folder)
    let result = try await plumbSucceeds(["inspect", "--compare", "a.h5", "b.h5"], in: folder)
    #expect(result.messages.isEmpty)
    for line in result.lines { #expect(line.count <= 80, "\(line)") }
    #expect(result.lines[1].split(separator: " ") == ["file", "a.h5", "b.h5"])
    #expect(result.text.contains("stored type  f32 "))
    #expect(result.text.contains("Compared: 70 rows of 70 prompts at each site and layer.\n"))
    #expect(result.text.contains("Only in the first: attn.z/layer_00, attn.z/layer_01, mlp.post/"))
    #expect(result.text.contains("Only in the second: logits.\n"))
    let row = try #require(result.lines.first { $0.hasPrefix("resid_post/layer_01 ") })
    #expect(
      row.wholeMatch(
        of: /resid_post\/layer_01 +0\.99999\d +0\.9999\d\d +\d\.\de-03 +\d\.\de-03 +p\d+ +\d+/)
        != nil, "\(row)")
  }

  @Test("long and hostile names fit 80 columns and reach no terminal as they are")
  func names() async throws {
    let folder = try TestFolder()
    let long = String(repeating: "long-name-", count: 9)
    try folder.write("", to: "\(long)/placeholder")
    try folder.write(
      """
      {"id": "\(long)1", "prompt": "sun"}
      {"id": "\\u001b[31m\(long)\\u001b[0m", "prompt": "rain in the north"}

      """, to: "p.jsonl")
    for (output, options) in [("\(long)/a.h5", []), ("b.h5", ["--store", "bf16"])] {
      try await plumbSucceeds(
        ["extract", "--model", TinyModel.tied, "--prompts", "p.jsonl", "--output", output]
          + ["--sites", "resid_post,logits", "--positions", "mean"] + options, in: folder)
    }
    let result = try await plumbSucceeds(
      ["inspect", "--compare", "\(long)/a.h5", "b.h5"], in: folder)
    #expect(!result.output.contains(0x1B))
    for line in result.lines { #expect(line.count <= 80, "\(line)") }
    #expect(result.lines.contains { $0.hasPrefix("file") && $0.contains("long-name-/a.h5  b.h5") })
    #expect(result.lines.count { $0.hasSuffix("  mean") } == 3)
  }

  @Test("prints every figure as JSON, the same for any number of threads")
  func json() async throws {
    let folder = try TestFolder()
    try await Self.pair(
      ["--positions", "all"], ["--positions", "all", "--store", "f16"], in: folder)
    let compare = ["inspect", "--compare", "a.h5", "b.h5", "--json", "--threads"]
    let result = try await plumbSucceeds(compare + ["1"], in: folder)
    #expect(try await plumbSucceeds(compare + ["3"], in: folder).output == result.output)
    let report = try #require(
      try JSONSerialization.jsonObject(with: Data(result.output)) as? [String: Any])
    #expect(report["schema"] as? Int == 1)
    #expect(report["kind"] as? String == "comparison")
    let comparison = try #require(report["comparison"] as? [String: Any])
    let first = try ActivationStore(path: folder.path("a.h5"))
    let second = try ActivationStore(path: folder.path("b.h5"))
    #expect(
      (comparison["first"] as? [String: Any])?["identity_digest"] as? String
        == first.identity.digest)
    #expect(comparison["row_count"] as? Int == first.rows.count)
    #expect(comparison["left_out_row_count"] as? Int == 0)
    #expect(
      comparison["differences"] as? [[String: String]]
        == [["field": "stored type", "first": "f32", "second": "f16"]])
    let datasets = try #require(comparison["datasets"] as? [[String: Any]])
    #expect(datasets.map { $0["name"] as? String } == first.datasets.map(\.name))
    for (dataset, found) in zip(first.datasets, datasets) {
      let rows = 0..<first.rows.count
      let expected = relativeRMS(
        try second.values(site: dataset.site, layer: dataset.layer, rows: rows),
        try first.values(site: dataset.site, layer: dataset.layer, rows: rows))
      let figures = try #require(found["figures"] as? [String: Any])
      let error = try #require(figures["relative_error"] as? Double)
      expectClose([Float(error)], [expected], .kernel, dataset.name)
      #expect(figures["mean_cosine"] as? Double != nil)
      for name in ["worst_cosine", "worst_error"] {
        let worst = try #require(figures[name] as? [String: Any])
        let row = try #require(worst["row"] as? Int)
        #expect(worst["position"] as? Int == Int(first.rows.positions[row]))
        #expect(worst["prompt"] as? String == "p\(first.rows.prompts[row])")
        #expect(worst["value"] as? Double != nil)
      }
    }
  }

  @Test("a store and its copy are equal")
  func equal() async throws {
    let folder = try TestFolder()
    let store = try await SharedFixture.value.store
    try FileManager.default.copyItem(atPath: store, toPath: folder.path("copy.h5"))
    let result = try await plumbSucceeds(["inspect", "--compare", store, "copy.h5"], in: folder)
    #expect(
      result.text.contains("Both captures depend on the same model, prompts and choices.\n"))
    #expect(result.lines.count { $0.contains("1.000000  1.000000      0      0") } == 2)
  }

  @Test("an unfinished store is compared as far as it is written, with a note")
  func unfinished() async throws {
    let unfinished = try await SharedFixture.value.unfinishedStore
    let result = try await plumbSucceeds(
      ["inspect", "--compare", unfinished, unfinished], in: TestFolder())
    #expect(
      result.text.firstMatch(of: /Unfinished: \d+ of 19 units of 64 prompts are written in both/)
        != nil, "\(result.text)")
    for line in result.lines { #expect(line.count <= 80, "\(line)") }
  }
}
