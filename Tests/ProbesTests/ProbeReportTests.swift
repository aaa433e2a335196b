import Foundation
import ModelFiles
import Probes
import Reports
import Testing

@Suite("Probe report")
struct ProbeReportTests {
  static func report(
    shift: Double = 2, rows: Int = 300, origin: ProbeOrigin = .example
  ) throws -> ProbeReport {
    let run = try runProbes(
      RunProbesTests.planted(shift: shift, rows: rows, width: 9).dataset,
      options: ProbeOptions(seed: 5, draws: 200), threads: 2)
    return ProbeReport(run, origin: origin, toolVersion: "0.0.0")
  }

  @Test("is JSON that strict parsers read, in sorted snake case, and reads back")
  func json() throws {
    let report = try Self.report()
    let bytes = try report.json()
    let object = try #require(try JSONValue.parse(bytes).asObject)
    #expect(
      object.members.map(\.key.string) == [
        "analysis", "kind", "origin", "provenance", "schema",
      ])
    let analysis = try #require(object["analysis"]?.asObject)
    #expect(analysis["best_baseline"] != nil)
    let cells = try #require(analysis["cells"]?.asArray)
    #expect(cells.count == 3)
    let logistic = try #require(cells[0].asObject?["logistic"]?.asObject)
    #expect(logistic["auroc"]?.asObject?["low"]?.asDouble != nil)
    #expect(logistic["balanced_accuracy"] != nil)
    let origin = try #require(object["origin"]?.asObject)
    #expect(origin["precision"] == "bf16")
    #expect(
      origin["encoding"]?.asObject?.members.map(\.key.string) == [
        "adds_generation_prompt", "is_raw", "parses_special_tokens", "system",
      ])
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    #expect(try decoder.decode(ProbeReport.self, from: Data(bytes)) == report)
  }

  @Test("quotes one figure with its interval, sample, seed and gain")
  func headline() throws {
    let report = try Self.report()
    let area = try #require(report.analysis.headline?.figures.auroc)
    let text = String(format: "AUROC %.3f (%.3f–%.3f)", area.value, area.low, area.high)
    let page = report.markdown
    #expect(page.contains("decodes \"harmful\" with \(text): 300 prompts, 150 of class 1, in 30"))
    #expect(page.contains("from 200 draws of groups, seed 5"))
    #expect(!page.contains("Not shown"))
    #expect(page.contains("Left out: 3 without a label, 1 with values that are not finite"))
    #expect(page.contains("absent from some prompts: template\\.tail\\[\\-8\\]"))
  }

  @Test("says when the gain may be nothing")
  func noGain() throws {
    let report = try Self.report(shift: 0)
    #expect(report.markdown.contains("Not shown: that a linear probe decodes \"harmful\"."))
    #expect(report.markdown.contains("**Refutes.** Chance: "))
  }

  @Test("says why there is no headline")
  func refusal() throws {
    let report = try Self.report(rows: 50)
    #expect(
      report.markdown.contains(
        """
        No headline: there are 20 prompts of class 1, where 30 are needed.
        """))
    #expect(!report.markdown.contains("decodes \""))
    #expect(report.markdown.contains("### resid_post"))
    #expect(report.terminalText.contains("No headline"))
  }

  @Test("warns when there is no group column")
  func noGroups() throws {
    var origin = ProbeOrigin.example
    origin.groupColumn = nil
    #expect(try Self.report(origin: origin).markdown.contains("There is no group column"))
    #expect(try !Self.report().markdown.contains("There is no group column"))
  }

  @Test("claims decoding and nothing more")
  func wording() throws {
    let report = try Self.report()
    for text in [report.markdown, report.terminalText] {
      let words = text.lowercased().split { !$0.isLetter }
      for claim in ["knows", "uses", "understands", "thinks", "believes", "represents"] {
        let found = words.indices.filter { words[$0] == claim }
        // "A text-only predictor that knows more than token counts" is about a predictor.
        let allowed = found.filter { $0 >= 2 && words[$0 - 2] == "predictor" }
        #expect(found == allowed, "\(claim)")
      }
    }
  }

  @Test("shows text from input letter by letter")
  func escaping() throws {
    var origin = ProbeOrigin.example
    origin.meaningOfOne = "a|b`c\u{1B}[31m\u{202E}<i>\n# d"
    origin.labelColumn = "x|y"
    let report = try Self.report(origin: origin)
    #expect(!report.markdown.unicodeScalars.contains { $0.value == 0x1B || $0.value == 0x202E })
    #expect(!report.terminalText.unicodeScalars.contains { $0.value == 0x1B || $0.value == 0x202E })
    #expect(
      report.markdown.contains(
        "a\\|b\\`c\\\\u\\{1B\\}\\[31m\\\\u\\{202E\\}\\<i\\>\\\\n\\# d"))
    #expect(report.markdown.contains("label column: x\\|y"))
    #expect(report.terminalText.contains("a|b`c\\u{1B}[31m"))
  }

  @Test("leaves names of cells readable in Markdown, and nothing that only looks like one")
  func plainNames() throws {
    var origin = ProbeOrigin.example
    let shown = [
      "resid_post.layer_05.last-1": "resid_post.layer_05.last-1", "_a_": "\\_a\\_",
      "a._b_.c": "a\\.\\_b\\_\\.c", "www.example.org": "www\\.example\\.org", "a b": "a b",
      "-": "\\-",
    ]
    for (text, expected) in shown {
      origin.labelColumn = text
      #expect(try Self.report(rows: 60, origin: origin).markdown.contains("column: \(expected)\n"))
    }
  }

  @Test("fits a terminal of 80 columns")
  func width() throws {
    let report = try Self.report()
    for line in report.terminalText.split(separator: "\n") {
      #expect(line.count <= 80, "\(line)")
    }
    #expect(report.terminalText.contains("resid_post.layer_01.last"))
  }

  @Test("writes its files, and none over another's without leave")
  func files() throws {
    let run = try runProbes(
      RunProbesTests.planted(shift: 2, rows: 120, width: 9, layers: 1).dataset,
      options: ProbeOptions(draws: 50), threads: 1)
    let report = ProbeReport(run, origin: .example, toolVersion: "0.0.0")
    try withTemporaryFolder { folder in
      let outputs = try ProbeOutputs(folder: folder + "/new/probe", overwriting: false)
      try outputs.write(run, report)
      let result = try Data(contentsOf: URL(filePath: outputs.result))
      #expect(Array(result) == (try report.json()))
      let page = try Data(contentsOf: URL(filePath: outputs.report))
      #expect(String(decoding: page, as: UTF8.self) == report.markdown)
      let web = try Data(contentsOf: URL(filePath: outputs.page))
      #expect(String(decoding: web, as: UTF8.self) == report.html(charts: nil))
      #expect(!FileManager.default.fileExists(atPath: outputs.tokens))
      #expect(try SavedProbes(path: outputs.probes).probes.count == 3)
      #expect(throws: ModelFileError.outputExists(path: outputs.result)) {
        _ = try ProbeOutputs(folder: folder + "/new/probe", overwriting: false)
      }
      try ProbeOutputs(folder: folder + "/new/probe", overwriting: true).write(run, report)
    }
  }
}
