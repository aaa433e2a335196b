import Foundation
import Testing

@Suite("plumb report")
struct ReportCommandTests {
  private static let examples = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Goldens/reports").path

  @Test("makes one page of several results and writes their charts beside it")
  func page() async throws {
    let folder = try TestFolder()
    let arguments = [
      "report", "\(Self.examples)/decodes", "\(Self.examples)/shortcut/result.json", "--output",
      "page.html", "--charts", "charts",
    ]
    let result = try await plumbSucceeds(arguments, in: folder)
    #expect(result.text == "Wrote page.html and the charts in charts.\n")
    #expect(result.messages.isEmpty)
    let page = String(decoding: try folder.bytes("page.html"), as: UTF8.self)
    #expect(page.hasPrefix("<!DOCTYPE html>"))
    #expect(page.contains("<h2 id=\"overview-title\">Side by side</h2>"))
    #expect(folder.exists("charts/headlines.vl.json"))
    #expect(try await plumb(arguments, in: folder).code == 73)
    try await plumbSucceeds(arguments + ["--overwrite"], in: folder)
    #expect(String(decoding: try folder.bytes("page.html"), as: UTF8.self) == page)
  }

  @Test("says what is wrong with a result and leaves nothing behind")
  func refused() async throws {
    let folder = try TestFolder()
    try folder.write("{\"schema\": 1, \"kind\": \"comparison\"}", to: "other.json")
    let expected: [(path: String, code: Int32, sentence: String)] = [
      ("none", 66, "none"), (".", 66, "has no result.json"),
      (
        "other.json", 65,
        "is a result of kind comparison, and pages are made of probe, classes, regression, tuning, audit, story, layers-gap, layers-search, "
          + "layers-direction, layers-patch, layers-rank, layers-landscape, layers-weights, layers-compare, modules-map, modules-search and "
          + "modules-compare"
      ),
    ]
    for (path, code, sentence) in expected {
      let result = try await plumb(["report", path, "--output", "page.html"], in: folder)
      #expect(result.code == code, "\(result.messages)")
      #expect(result.messages.contains(sentence))
    }
    #expect(try await plumb(["report", "--output", "page.html"], in: folder).code == 64)
    #expect(!folder.exists("page.html"))
  }
}
