import Foundation
import ModelFiles
import Reports

/// The folder of an example result.
func example(_ name: String) -> String {
  URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Goldens/reports/\(name)").path
}

/// A folder that is there for the time of a test.
@discardableResult
func withTemporaryFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
  let folder = FileManager.default.temporaryDirectory
    .appending(path: "plumbline-reports-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder.path)
}

/// A charts' library of any content.
func withLibrary<Result>(
  _ source: String, _ body: (ChartLibrary) throws -> Result
) throws -> Result {
  try withTemporaryFolder { folder in
    let path = "\(folder)/\(ChartLibrary.fileName)"
    try Data(source.utf8).write(to: URL(filePath: path))
    return try body(ChartLibrary(path: path))
  }
}

/// A page of the example, some text in place of every name that comes from input.
struct Parts {
  /// The whole page.
  let page: String
  /// The page without its scripts and style.
  let markup: String
  /// What its blocks of JSON hold.
  let data: [String]

  init(inPlaceOfNames text: String) throws {
    let literal = String(decoding: try JSONEncoder().encode(text), as: UTF8.self)
    page = try withTemporaryFolder { folder in
      for file in ["result.json", "tokens.json"] {
        var content = try String(contentsOfFile: "\(example("decodes"))/\(file)", encoding: .utf8)
        for name in ["harmful", "harmless", "mean", "advbench", "harmful-1", "assistant"] {
          // A value follows a colon or stands in a list; a key is followed by a colon.
          content = content.replacing("\"\(name)\",", with: "\(literal),")
            .replacing("\"\(name)\"}", with: "\(literal)}")
        }
        try Data(content.utf8).write(to: URL(filePath: "\(folder)/\(file)"))
      }
      return try ResultCollection(paths: [folder]).html(charts: nil)
    }
    data = page.matches(of: /<script type="application\/json"[^>]*>(.*?)<\/script>/)
      .map { String($0.output.1) }
    markup = page.replacing(/<script[^>]*>(?s:.*?)<\/script>/, with: "")
      .replacing(/<style>(?s:.*?)<\/style>/, with: "")
  }
}
