import Foundation
import ModelFiles
import Reports
import Testing

@Suite("Pages of classes and numbers")
struct OutcomePageTests {
  @Test("show every part of a result of classes")
  func classes() throws {
    let page = try ResultCollection(paths: [example("classes")]).html(charts: nil)
    #expect(
      headings(of: page) == [
        "Layers and positions", "By class", "The text alone", "Chosen inside each training part",
        "All cells", "How it was measured", "Provenance",
      ])
    #expect(page.contains("<h1>3 classes of topic</h1>"))
    #expect(page.contains("<p class=\"word\">Decodes</p>"))
    #expect(page.contains("decode the class with macro AUROC "))
    #expect(page.contains("<caption><span>Macro AUROC by layer, resid_post</span></caption>"))
    #expect(!page.contains("Dashed: inner folds"))
  }

  @Test("show every part of a result of numbers")
  func numbers() throws {
    let page = try ResultCollection(paths: [example("numbers")]).html(charts: nil)
    #expect(
      headings(of: page) == [
        "Layers and positions", "The text alone", "Chosen inside each training part",
        "All cells", "How it was measured", "Provenance",
      ])
    #expect(page.contains("<h1>The number minutes</h1>"))
    #expect(page.contains("decodes the number with R² +0."))
    #expect(page.contains("mean error, in the label&#39;s unit"))
    #expect(!page.contains("AUROC"))
  }

  @Test("draw the decisions of a result, all of its prompts among them")
  func confusion() throws {
    let result = try JSONValue.parse(Array(Data(contentsOf: file(of: "classes"))))
    let figures = result.member("analysis", "headline", "figures", "confusion")
    let counts = try #require(figures?.asArray).map { row in
      (row.asArray ?? []).compactMap(\.asInt)
    }
    #expect(counts.joined().reduce(0, +) == 150)
    let drawn = try #require(try chart("confusion-classes", of: "classes")["decisions"]?.asArray)
    #expect(drawn.compactMap { $0.asObject?["count"]?.asInt } == Array(counts.joined()))
    for (index, row) in drawn.enumerated() {
      let share = Double(counts[index / 3][index % 3]) / Double(counts[index / 3].reduce(0, +))
      #expect(row.asObject?["share"]?.asDouble == share)
    }
  }

  @Test("draw the figures of a result by layer", arguments: ["classes", "numbers"])
  func curves(name: String) throws {
    let (kind, measure): (String, ByteString) =
      name == "classes" ? ("classes", "macro_auroc") : ("regression", "r_squared")
    let result = try JSONValue.parse(Array(Data(contentsOf: file(of: name))))
    let cells = try #require(result.member("analysis", "cells")?.asArray)
    let rows = try #require(
      try chart("layer-curve-\(kind)-resid-post", of: name)["curves"]?.asArray)
    #expect(rows.count == cells.count)
    for cell in cells {
      let row = rows.first {
        $0.member("layer")?.asInt == cell.member("cell", "layer")?.asInt
          && $0.member("series") == cell.member("cell", "position")
      }
      for part: ByteString in ["value", "low", "high"] {
        #expect(
          row?.member(part)?.asDouble == cell.member("figures", measure, part)?.asDouble)
      }
    }
  }

  @Test("name what is measured wherever a form of chart leaves that open")
  func measures() throws {
    for name in ["classes", "numbers", "decodes"] {
      for file in try ResultCollection(paths: [example(name)]).chartFiles() {
        let text = String(decoding: file.bytes, as: UTF8.self)
        #expect(!text.contains("{measure}"), "\(file.name)")
        #expect(text.contains("\"title\":\"R²\"") == (name == "numbers"), "\(file.name)")
      }
    }
  }

  @Test("say that nothing is shown where the gain may be none")
  func notShown() throws {
    let page = try altered("numbers", "\"low\" : ", below: "\"gain\" : {", to: "-0.25")
    #expect(page.contains("<p class=\"word\">Not shown</p>"))
    #expect(page.contains("Not shown: that a linear probe decodes the number."))
    #expect(page.contains("<span class=\"mark\">Refutes</span>"))
    #expect(!page.contains("decodes the number with"))
  }

  @Test("say that there is too little, and keep their tables")
  func tooSmall() throws {
    var text = try String(contentsOf: file(of: "classes"), encoding: .utf8)
    let start = try #require(text.range(of: "    \"headline\" : {"))
    let end = try #require(text.range(of: "\n    \"obstacles\" : ["))
    text.replaceSubrange(start.lowerBound..<end.lowerBound, with: "")
    let obstacle = "\"obstacles\" : [{\"count\": \"smallest_class\", \"found\": 12, \"needed\": 30}"
    text = text.replacing(/"obstacles" : \[\s*/, with: obstacle)
    let page = try withTemporaryFolder { folder in
      try Data(text.utf8).write(to: URL(filePath: "\(folder)/result.json"))
      return try ResultCollection(paths: [folder]).html(charts: nil)
    }
    #expect(page.contains("<p class=\"word\">Too small to say</p>"))
    #expect(page.contains("12 prompts of the smallest class, where 30 are needed"))
    #expect(page.contains("by what the first cell&#39;s probes decided"))
    #expect(page.contains("Nothing was chosen, since there is no headline."))
  }

  @Test("stand beside results of other kinds, each measure in a table of its own")
  func mixed() throws {
    let collection = try ResultCollection(
      paths: ["numbers", "decodes", "classes", "shortcut"].map(example))
    let page = collection.html(charts: nil)
    #expect(page.contains("4 probe reports compared"))
    let parts = page.matches(of: /<h3>([^<]*)<\/h3>/).map { String($0.output.1) }
    #expect(parts.prefix(3) == ["Two classes", "Several classes", "Numbers"])
    #expect(page.ranges(of: "<caption><span>What each result says</span></caption>").count == 3)
    let names = collection.chartFiles().map(\.name)
    #expect(
      names.prefix(6) == [
        "headlines.vl.json", "layer-curves.vl.json", "headlines-macro-auroc.vl.json",
        "layer-curves-macro-auroc.vl.json", "headlines-r-squared.vl.json",
        "layer-curves-r-squared.vl.json",
      ])
    #expect(Set(names).count == names.count)
  }

  @Test("are of one version of each kind of result")
  func schema() throws {
    for (name, kind) in [("classes", "classes"), ("numbers", "regression")] {
      try withTemporaryFolder { folder in
        let path = "\(folder)/result.json"
        try Data("{\"schema\": 7, \"kind\": \"\(kind)\"}".utf8).write(to: URL(filePath: path))
        #expect(throws: ReportError.schema(path: path, found: 7, expected: 1)) {
          _ = try ResultCollection(paths: [folder])
        }
        try Data("{\"schema\": 1, \"kind\": \"\(kind)\"}".utf8).write(to: URL(filePath: path))
        #expect(throws: ReportError.content(path: path, place: "origin"), "\(name)") {
          _ = try ResultCollection(paths: [folder])
        }
      }
    }
  }

  @Test("show names from input letter by letter")
  func hostile() throws {
    let text = "</script><img src=x onerror='alert(1)'>"
    let content = try String(contentsOf: file(of: "classes"), encoding: .utf8)
    let page = try withTemporaryFolder { folder in
      let literal = String(decoding: try JSONEncoder().encode(text), as: UTF8.self)
      try Data(content.replacing("\"sports\"", with: literal).utf8)
        .write(to: URL(filePath: "\(folder)/result.json"))
      return try ResultCollection(paths: [folder]).html(charts: nil)
    }
    #expect(!page.contains("<img"))
    #expect(page.contains("&lt;/script&gt;&lt;img src=x onerror=&#39;alert(1)&#39;&gt;"))
  }

  private func file(of name: String) -> URL { URL(filePath: "\(example(name))/result.json") }

  private func headings(of page: String) -> [String] {
    page.matches(of: /<h2 [^>]*>([^<]*)<\/h2>/).map { String($0.output.1) }
  }

  /// The data sets of a chart.
  private func chart(_ name: String, of result: String) throws -> JSONObject {
    let files = try ResultCollection(paths: [example(result)]).chartFiles()
    let file = try #require(files.first { $0.name == "\(name).vl.json" })
    return try #require(JSONValue.parse(file.bytes).member("datasets")?.asObject)
  }

  /// The page of a result whose headline has another value.
  private func altered(
    _ name: String, _ key: String, below place: String, to value: String
  ) throws -> String {
    var text = try String(contentsOf: file(of: name), encoding: .utf8)
    let headline = try #require(text.range(of: "\"headline\" : {"))
    let inside = try #require(text.range(of: place, range: headline.upperBound..<text.endIndex))
    let found = try #require(text.range(of: key, range: inside.upperBound..<text.endIndex))
    let end = try #require(text[found.upperBound...].firstIndex { ",\n".contains($0) })
    text.replaceSubrange(found.upperBound..<end, with: value)
    return try withTemporaryFolder { folder in
      try Data(text.utf8).write(to: URL(filePath: "\(folder)/result.json"))
      return try ResultCollection(paths: [folder]).html(charts: nil)
    }
  }
}

extension JSONValue {
  /// What stands under a path of keys.
  fileprivate func member(_ keys: ByteString...) -> JSONValue? {
    keys.reduce(self as JSONValue?) { $0?.asObject?[$1] }
  }
}
