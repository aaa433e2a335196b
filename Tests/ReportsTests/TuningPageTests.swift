import Foundation
import ModelFiles
import Reports
import Testing
import Tuning

@Suite("Pages of tuning")
struct TuningPageTests {
  @Test("show every part of a run")
  func complete() throws {
    let page = try ResultCollection(paths: [example("tuned")]).html(charts: nil)
    #expect(
      page.matches(of: /<h2 [^>]*>([^<]*)<\/h2>/).map { String($0.output.1) } == [
        "Loss", "Learning rates", "What the strategy did", "How far the weights moved", "Choices",
        "Provenance",
      ])
    #expect(page.contains("<h1>smollm2, tuned</h1>"))
    #expect(page.contains("<p class=\"word\">Finished</p>"))
    #expect(page.contains("LoRA of rank 8 (alpha 16.0) on q_proj, k_proj, "))
    #expect(page.contains("safety-aware probing (SAP)"))
    #expect(page.contains(" where the floor was measured."))
    #expect(page.contains("<dt>model, SHA-256</dt>"))
    #expect(
      try ResultCollection(paths: [example("tuned")]).chartFiles().map(\.name) == [
        "loss-tuning.vl.json", "rates-tuning.vl.json", "probe-gradient-tuning.vl.json",
        "safety-loss-tuning.vl.json", "move-cost-tuning.vl.json", "cosine-tuning.vl.json",
        "update-map-tuning.vl.json",
      ])
  }

  @Test("draw every step and every evaluation of a short run")
  func losses() throws {
    let rows = try curves("loss-tuning", of: example("tuned"))
    let log = try log(of: "tuned")
    let steps = log.filter { $0["loss"] != nil }
    let evaluations = log.filter { $0["held_out_loss"] != nil }
    #expect(steps.count == 30 && evaluations.count == 7)
    #expect(
      rows["training loss"] == steps.map { [$0["step"]?.asDouble, $0["loss"]?.asDouble] })
    #expect(
      rows["held-out loss"]
        == evaluations.map { [$0["step"]?.asDouble, $0["held_out_loss"]?.asDouble] })
    let floor = try curves("probe-gradient-tuning", of: example("tuned"))
    #expect(floor["its noise floor, without a move"]?.count == 6)
    #expect(floor["norm of the probe's gradient, g_V"]?.count == 30)
  }

  @Test("draw the rate of every group of tensors, through warm-up and schedule")
  func rates() throws {
    let rows = try curves("rates-tuning", of: example("tuned-modules"))
    let robust = try #require(rows["robust modules"])
    let others = try #require(rows["other modules"])
    #expect(robust.count == 30 && others.count == 30)
    for (one, other) in zip(robust, others) {
      let (rate, share) = (try #require(one[1] ?? nil), try #require(other[1] ?? nil))
      #expect(abs(share - 0.1 * rate) <= 1e-12 * rate)
    }
    // Three steps up to the full rate, then down to zero in a line.
    #expect(robust[0][1] == 0 && robust[3][1] == 2e-3)
    let last = try #require(robust[29][1] ?? nil)
    #expect(last < 2e-3 / 20)
    let page = try ResultCollection(paths: [example("tuned-modules")]).html(charts: nil)
    #expect(page.contains("<th scope=\"row\">robust modules</th><td>v_proj, down_proj</td>"))
  }

  @Test("draw how far each module of each layer moved")
  func updates() throws {
    let drawn = try datasets("update-map-tuning", of: example("tuned"))["modules"]?.asArray
    let updates = try result(of: "tuned").updates
    #expect(updates.count == 210 && drawn?.count == 210)
    for update in updates {
      let row = drawn?.first {
        $0.asObject?["module"]?.asString?.string == update.module
          && $0.asObject?["layer"]?.asInt == update.layer
      }
      #expect(row?.asObject?["value"]?.asDouble == update.relative)
      #expect(update.relative == update.updateNorm / update.weightNorm)
    }
  }

  @Test("draw means where there are more steps than fit, and stay small")
  func long() throws {
    try withCopy("tuned") { folder in
      let step = #"{"step":%,"loss":%,"rates":[0.1],"gradient_norm":0,"tokens":9,"seconds":0.5}"#
      let lines = (1...5000).map { step.replacing("%", with: "\($0)") }
      try lines.joined(separator: "\n").write(
        toFile: "\(folder)/log.jsonl", atomically: true, encoding: .utf8)
      let training = try #require(curves("loss-tuning", of: folder)["training loss"])
      #expect(training.count == 239)
      // Means over 21 steps, at the last of them; the last of all over two.
      #expect(training.first == [21, 11])
      #expect(training.last == [5000, 4999.5])
      let collection = try ResultCollection(paths: [folder])
      let page = collection.html(charts: nil)
      #expect(page.contains("Points are means of up to 21 steps."))
      #expect(page.contains("The gradient was zero at 5000 of 5000 steps"))
      #expect(page.utf8.count < 600_000)
    }
  }

  @Test("do without the log, and refuse one that is none")
  func logs() throws {
    try withCopy("tuned") { folder in
      let log = "\(folder)/log.jsonl"
      try "{\"step\":1,\"held_out_loss\":2,\"seconds\":1}\n{\"step\":1,\"loss\":tru".write(
        toFile: log, atomically: true, encoding: .utf8)
      #expect(throws: TuningError.logLine(path: log, line: 2)) {
        _ = try ResultCollection(paths: [folder])
      }
      try FileManager.default.removeItem(atPath: log)
      let collection = try ResultCollection(paths: [folder])
      #expect(!collection.chartFiles().map(\.name).contains("rates-tuning.vl.json"))
      #expect(collection.html(charts: nil).contains("held-out loss from "))
    }
  }

  @Test("stand side by side, with their losses in one chart")
  func compared() throws {
    let paths = ["tuned", "tuned-modules"].map(example)
    let collection = try ResultCollection(paths: paths)
    let page = collection.html(charts: nil)
    #expect(page.contains("2 tuned models compared"))
    #expect(page.contains("<caption><span>What each run came to</span></caption>"))
    let names = collection.chartFiles().map(\.name)
    #expect(names.first == "losses.vl.json" && Set(names).count == names.count)
    let mixed = try ResultCollection(paths: paths + [example("decodes")])
    #expect(mixed.html(charts: nil).contains("3 results compared"))
    #expect(mixed.chartFiles().map(\.name).contains("headlines.vl.json"))
  }

  // MARK: Sentences

  @Test("say how a run ended and what to keep in mind")
  func endings() throws {
    func page(_ changes: [(String, String)], fault: String? = nil) throws -> String {
      let run = TunedRun(try result(of: "tuned", changes), log: nil, fault: fault)
      return run.html(charts: nil)
    }
    let early = try page([("\"stopped_early\" : false", "\"stopped_early\" : true")])
    #expect(early.contains("<p class=\"word\">Stopped early</p>"))
    #expect(early.contains("the weights are those after step "))
    let kept = try page([("\"seed\" : ", "\"patience\" : \"9\", \"seed\" : ")])
    #expect(kept.contains("Held-out loss rose at last; the weights are those after step "))
    #expect(!kept.contains("--patience would have"))
    let broken = try page([], fault: "The loss of step 3 is not finite.")
    #expect(broken.contains("<div class=\"verdict refuted\">"))
    #expect(broken.contains("<span>The loss of step 3 is not finite.</span>"))
    let clipped = try page([("\"clipped_steps\" : ", "\"clipped_steps\" : 2")])
    #expect(clipped.contains("steps was shortened to the norm 4."))
    #expect(!early.contains("did not move"))
    let still = try page([("\"update_norm\" : 0.", "\"update_norm\" : 0,\"was\" : 0.")])
    #expect(still.contains("168 of 210 weights did not move."))
  }

  @Test("take any figure that a file may hold")
  func extremes() throws {
    for sum in ["1e300", "-1e300", "0.5"] {
      let changes = [("\"sum\" : ", "\"sum\" : \(sum),\"was\" : ")]
      let run = TunedRun(try result(of: "tuned", changes), log: nil)
      #expect(run.html(charts: nil).contains("safety-aware probing"))
    }
  }

  @Test("show text from input letter by letter, as Markdown too")
  func hostile() throws {
    let text = "</script><img src=x onerror='alert(1)'>*x*"
    let literal = String(decoding: try JSONEncoder().encode(text), as: UTF8.self)
    let changes = [("\"smollm2\"", literal), ("\"facts.jsonl\"", literal), ("\"q_proj\"", literal)]
    let run = TunedRun(try result(of: "tuned", changes), log: nil)
    let page = run.html(charts: nil)
    #expect(!page.contains("<img") && page.contains("&lt;img src=x"))
    #expect(!run.markdown.contains(/[^\\]<img/) && !run.markdown.contains("*x*"))
    #expect(!run.terminalText(folder: "a\u{1B}[31m").contains("\u{1B}"))
  }

  @Test("have the figures of the log in their Markdown")
  func markdown() throws {
    let run = try TunedRun(
      result(of: "tuned-modules"), log: TuningLog(path: "\(example("tuned-modules"))/log.jsonl"))
    let lines = run.markdown.split(separator: "\n").map(String.init)
    #expect(lines.first == "# Tuning report: smollm2, tuned")
    #expect(lines.contains("| step | training loss | held-out loss |"))
    let last = try #require(try log(of: "tuned-modules").last { $0["loss"] != nil })
    let loss = String(format: "%.4g", try #require(last["loss"]?.asDouble))
    #expect(lines.contains { $0.hasPrefix("| 30 | \(loss) | ") })
    #expect(lines.contains("## How far the weights moved"))
    #expect(lines.contains { $0.hasPrefix("| robust modules | v_proj, down_proj | 40 | ") })
  }

  // MARK: Reading

  private func result(
    of name: String, _ changes: [(String, String)] = []
  ) throws -> TuningReport {
    var text = try String(contentsOfFile: "\(example(name))/result.json", encoding: .utf8)
    for (old, new) in changes { text = text.replacing(old, with: new) }
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(TuningReport.self, from: Data(text.utf8))
  }

  private func log(of name: String) throws -> [JSONObject] {
    let text = try String(contentsOfFile: "\(example(name))/log.jsonl", encoding: .utf8)
    return try text.split(separator: "\n").map {
      try #require(JSONValue.parse(Array($0.utf8)).asObject)
    }
  }

  private func datasets(_ chart: String, of path: String) throws -> JSONObject {
    let files = try ResultCollection(paths: [path]).chartFiles()
    let file = try #require(files.first { $0.name == "\(chart).vl.json" })
    let specification = try JSONValue.parse(file.bytes).asObject
    return try #require(specification?["datasets"]?.asObject)
  }

  /// The points of each curve of a chart: step and value.
  private func curves(_ chart: String, of path: String) throws -> [String: [[Double?]]] {
    let rows = try datasets(chart, of: path)["curves"]?.asArray?.compactMap(\.asObject) ?? []
    return Dictionary(grouping: rows) { $0["series"]?.asString?.string ?? "" }
      .mapValues { $0.map { [$0["step"]?.asDouble, $0["value"]?.asDouble] } }
  }

  private func withCopy(_ name: String, _ body: (String) throws -> Void) throws {
    try withTemporaryFolder { folder in
      for file in ["result.json", "log.jsonl"] {
        try FileManager.default.copyItem(
          atPath: "\(example(name))/\(file)", toPath: "\(folder)/\(file)")
      }
      try body(folder)
    }
  }
}
