import Foundation
import ModelFiles
import Reports
import Testing

@Suite("Result files")
struct ResultFileTests {
  @Test("are refused when they are not there, naming what was looked for")
  func missing() throws {
    #expect(throws: ModelFileError.notFound(path: "/none/here")) {
      _ = try ResultCollection(paths: ["/none/here"])
    }
    try withTemporaryFolder { folder in
      _ = #expect(throws: ReportError.noResult(folder: folder)) {
        _ = try ResultCollection(paths: [folder])
      }
    }
  }

  @Test("are refused when they are of another kind or version, or not whole")
  func refused() throws {
    let faults: [(String, (String) -> ReportError)] = [
      ("not JSON", { .notAResult(path: $0) }),
      ("{\"schema\": 2}", { .notAResult(path: $0) }),
      (
        "{\"schema\": 1, \"kind\": \"comparison\"}",
        {
          .kind(
            path: $0, found: "comparison",
            expected: [
              "probe", "classes", "regression", "tuning", "audit", "story", "layers-gap",
              "layers-search", "layers-direction", "layers-patch", "layers-rank",
              "layers-landscape",
              "layers-weights", "layers-compare", "modules-map", "modules-search",
              "modules-compare",
            ])
        }
      ),
      (
        "{\"schema\": 1, \"kind\": \"probe\"}",
        { .schema(path: $0, found: 1, expected: ProbeReport.schema) }
      ),
      ("{\"schema\": 2, \"kind\": \"probe\"}", { .content(path: $0, place: "origin") }),
    ]
    for (content, fault) in faults {
      try withTemporaryFolder { folder in
        let path = "\(folder)/result.json"
        try Data(content.utf8).write(to: URL(filePath: path))
        #expect(throws: fault(path)) { _ = try ResultCollection(paths: [folder]) }
        #expect(throws: fault(path)) { _ = try ResultCollection(paths: [path]) }
      }
    }
  }

  @Test("say where they are not whole")
  func place() throws {
    let content = try String(contentsOfFile: "\(example("decodes"))/result.json", encoding: .utf8)
    try withTemporaryFolder { folder in
      let path = "\(folder)/result.json"
      let broken = content.replacing(
        "\"width\":576", with: "\"width\":\"wide\"", maxReplacements: 1)
      try Data(broken.utf8).write(to: URL(filePath: path))
      let error = #expect(throws: ReportError.self) { _ = try ResultCollection(paths: [folder]) }
      #expect(error == .content(path: path, place: "analysis.cells.0.cell.width"))
      #expect(error?.description.hasPrefix("\(path) is not whole: analysis.cells") == true)
    }
  }

  @Test("of one folder name are called by their paths")
  func names() throws {
    let page = try withTemporaryFolder { folder in
      for parent in ["a", "b"] {
        try FileManager.default.createDirectory(
          atPath: "\(folder)/\(parent)", withIntermediateDirectories: true)
        try FileManager.default.copyItem(
          atPath: example("shortcut"), toPath: "\(folder)/\(parent)/probe")
      }
      return try ResultCollection(paths: ["\(folder)/a/probe", "\(folder)/b/probe/"])
        .html(charts: nil)
    }
    #expect(page.contains("/a/probe/result.json</h2>"))
    #expect(page.contains("/b/probe/result.json</h2>"))
  }

  @Test("give charts as files, which are not replaced without leave")
  func chartFolder() throws {
    let files = try ResultCollection(paths: [example("shortcut")]).chartFiles()
    try withTemporaryFolder { folder in
      let charts = "\(folder)/new/charts"
      try ChartFolder(path: charts, overwriting: false).write(files)
      let written = try FileManager.default.contentsOfDirectory(atPath: charts)
      #expect(Set(written) == Set(files.map(\.name)))
      #expect(throws: ModelFileError.outputExists(path: "\(charts)/\(files[0].name)")) {
        try ChartFolder(path: charts, overwriting: false).write(files)
      }
      try ChartFolder(path: charts, overwriting: true).write(files)
    }
  }
}
