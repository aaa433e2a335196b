import Foundation
import TestSupport
import Testing

@Suite("plumb probe of classes and numbers")
struct OutcomeCommandTests {
  private static let files = ["report.html", "report.md", "result.json"]

  /// An imported store of 70 prompts with a column of three words and one of numbers.
  private static func store(in folder: TestFolder) async throws {
    let lines = (0..<70).map { row in
      """
      {"prompt": "item \(row)", "color": "\(["blue", "green", "red"][row % 3])", \
      "size": "\(Double(row * 37 % 50) + 0.5)", "group": "g\(row / 5)"}
      """
    }
    try folder.write(lines.joined(separator: "\n") + "\n", to: "prompts.jsonl")
    try await plumbSucceeds(
      ["import", Goldens.path("arrays/import"), "--prompts", "prompts.jsonl", "--output", "a.h5"],
      in: folder)
  }

  @Test("writes a page beside the other files, and plumb report shows both kinds on one page")
  func pages() async throws {
    let folder = try TestFolder()
    try await Self.store(in: folder)
    for (column, output, heading) in [
      ("color", "colors", "3 classes of color"), ("size", "sizes", "The number size"),
    ] {
      let arguments = ["probe", "a.h5", "--label", column, "--output", output]
      let result = try await plumbSucceeds(arguments, in: folder)
      #expect(
        result.text.hasSuffix(
          "Wrote \(output)/report.html, \(output)/report.md and \(output)/result.json.\n"))
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: folder.path(output)).sorted()
          == Self.files)
      let page = String(decoding: try folder.bytes("\(output)/report.html"), as: UTF8.self)
      #expect(page.contains("<h1>\(heading)</h1>"))
      let remade = "\(output).html"
      try await plumbSucceeds(["report", output, "--output", remade], in: folder)
      #expect(try folder.bytes(remade) == folder.bytes("\(output)/report.html"))
      #expect(try await plumb(arguments, in: folder).code == 73)
    }
    try await plumbSucceeds(
      ["report", "colors", "sizes", "--output", "both.html", "--charts", "charts"], in: folder)
    let both = String(decoding: try folder.bytes("both.html"), as: UTF8.self)
    #expect(both.contains("2 probe reports compared"))
    #expect(folder.exists("charts/confusion-result-1.vl.json"))
    #expect(folder.exists("charts/layer-curve-result-2-resid-post.vl.json"))
  }

  @Test("leaves nothing of an earlier result of two classes that it replaces")
  func replaced() async throws {
    let folder = try TestFolder()
    try await Self.store(in: folder)
    try await plumbSucceeds(
      [
        "probe", "a.h5", "--label", "color", "--positive", "red", "--permutations", "19",
        "--output",
        "out",
      ], in: folder)
    #expect(folder.exists("out/probes.safetensors"))
    try await plumbSucceeds(
      ["probe", "a.h5", "--label", "color", "--output", "out", "--overwrite"], in: folder)
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder.path("out")).sorted() == Self.files
    )
  }
}
