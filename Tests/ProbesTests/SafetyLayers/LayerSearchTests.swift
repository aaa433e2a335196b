import Foundation
import Inference
import ModelFiles
import Probes
import TestSupport
import Testing
import Tokenization

@Suite("Layer search")
struct LayerSearchTests {
  private let folder = FileManager.default.temporaryDirectory
    .appendingPathComponent("plumb-sweeps-\(UUID().uuidString)")

  private func path(_ name: String) throws -> String {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    return folder.appendingPathComponent(name).path
  }

  private func remove() { try? FileManager.default.removeItem(at: folder) }

  /// A search on a tiny model, whose replies refuse at random.
  private func search(
    _ log: SweepLog?, endingAfter limit: Int = .max, threads: Int = 2
  ) throws -> LayerSearch? {
    let planted = try PlantedDecoder(block: 2, seed: 3)
    let shares = (0..<60).map { Double($0) / 60 }
    let checks = try ModelChecks(
      PlantedDecoder.prompts(shares: shares, seed: 2),
      shares.indices.map { ProbePrompt(label: 0, group: ByteString("\($0 / 5)")) },
      decoder: planted.decoder, threads: threads, seed: 1)
    return try checks.layerSearch(
      SearchOptions(prompts: 50, steps: 2, incoherentLimit: 1, draws: 200),
      from: InitialRange(LayerRange(first: 1, last: 3), .given), promptsDigest: "prompts",
      tokenizer: planted.tokenizer, endOfSequence: [], log: log
    ) { done, _ in done < limit }
  }

  @Test("goes on from its counts and ends in the same bytes")
  func resuming() throws {
    defer { remove() }
    let whole = try path("whole.jsonl")
    let expected = try #require(try search(SweepLog(path: whole, identity: "a")))
    for limit in [1, 4, 9] {
      let part = try path("part\(limit).jsonl")
      #expect(try search(SweepLog(path: part, identity: "a"), endingAfter: limit) == nil)
      // What a kill leaves: a line that was not finished.
      var bytes = try Data(contentsOf: URL(fileURLWithPath: part))
      bytes.append(Data("{\"alpha\": 1.0".utf8))
      try bytes.write(to: URL(fileURLWithPath: part))
      let found = try search(SweepLog(path: part, identity: "a"), threads: 1)
      #expect(found == expected)
      #expect(
        try Data(contentsOf: URL(fileURLWithPath: part))
          == Data(contentsOf: URL(fileURLWithPath: whole)))
    }
    #expect(try search(nil) == expected)
    #expect(expected.prompts == 50 && expected.groups == 12)
    #expect(expected.rules == "beginnings-2")
  }

  @Test("refuses counts of another search, and damaged ones")
  func refusing() throws {
    defer { remove() }
    let log = try path("sweeps.jsonl")
    _ = try search(SweepLog(path: log, identity: "a"), endingAfter: 3)
    #expect(throws: EntryLogError(path: log, SweepLog.words, .otherWork)) {
      try SweepLog(path: log, identity: "b")
    }
    var text = try String(contentsOfFile: log, encoding: .utf8)
    text = text.replacingOccurrences(of: "\"verdicts\"", with: "\"words\"")
    try text.write(toFile: log, atomically: true, encoding: .utf8)
    #expect(throws: EntryLogError(path: log, SweepLog.words, .line(2))) {
      try SweepLog(path: log, identity: "a")
    }
    try "something else\n".write(toFile: log, atomically: true, encoding: .utf8)
    #expect(throws: EntryLogError(path: log, SweepLog.words, .line(1))) {
      try SweepLog(path: log, identity: "a")
    }
    _ = try SweepLog(path: log, identity: "b", overwriting: true)
    let begun = try String(contentsOfFile: log, encoding: .utf8)
    #expect(begun.split(separator: "\n").count == 1)
  }

  @Test("refuses a beginning that the model does not have")
  func beginning() throws {
    let planted = try PlantedDecoder(block: 2, seed: 3)
    let checks = try ModelChecks(
      [TokenizedPrompt([1])], [ProbePrompt(label: 0)], decoder: planted.decoder, threads: 1, seed: 0
    )
    #expect(throws: InferenceError.layerOutOfRange(layer: 8, layerCount: 8)) {
      try checks.layerSearch(
        from: InitialRange(LayerRange(first: 3, last: 8), .given), promptsDigest: "",
        tokenizer: planted.tokenizer, endOfSequence: [])
    }
  }
}

@Suite("Labelled prompts")
struct LabeledPromptsTests {
  private static func set(_ lines: [String]) throws -> PromptSet {
    let file = FileManager.default.temporaryDirectory
      .appendingPathComponent("plumb-labels-\(UUID().uuidString).jsonl")
    defer { try? FileManager.default.removeItem(at: file) }
    try lines.joined(separator: "\n").write(to: file, atomically: true, encoding: .utf8)
    return try PromptSet(path: file.path)
  }

  private static func lines(_ count: Int, _ more: (Int) -> String) -> [String] {
    (0..<count).map { "{\"prompt\": \"north wind \($0)\"\(more($0))}" }
  }

  private func read(
    _ lines: [String], _ columns: LabelColumns = LabelColumns()
  ) throws -> LabeledPrompts {
    let source = try Checkpoint(path: Goldens.path("models/llama-tied")).tokenizer
    let encoder = try PromptEncoder(source, options: PromptEncoder.Options(isRaw: true))
    return try LabeledPrompts(Self.set(lines), columns, encoder: encoder)
  }

  @Test("keep their classes, groups and pairs, and leave out what has no label")
  func columns() throws {
    let lines = Self.lines(20) {
      ", \"label\": \($0 % 2), \"group\": \"g\($0 / 4)\", \"pair\": \"p\($0 / 2)\", \"split\": \"dev\""
    }
    let labeled = try read(lines + ["{\"prompt\": \"without\", \"split\": \"dev\"}"])
    #expect(labeled.prompts.map(\.label) == (0..<20).map { $0 % 2 })
    #expect(labeled.prompts[5].group == "g1" && labeled.prompts[5].pair == "p2")
    #expect(labeled.parts == Array(repeating: .dev, count: 20))
    #expect(labeled.unlabeledCount == 1 && labeled.groupColumn == "group")
    #expect(labeled.partsOrDraw(seed: 0) == labeled.parts)
  }

  @Test("are divided by whole groups where the file does not say how")
  func parts() throws {
    let labeled = try read(
      Self.lines(200) { ", \"label\": \($0 % 2), \"topic\": \($0 / 4)" },
      LabelColumns(group: "topic"))
    let parts = labeled.partsOrDraw(seed: 3)
    #expect(parts == labeled.partsOrDraw(seed: 3) && parts != labeled.partsOrDraw(seed: 4))
    for group in 0..<50 { #expect(Set(parts[4 * group..<4 * group + 4]).count == 1) }
    #expect((116...124).contains(parts.count { $0 == .train }))
    #expect((36...44).contains(parts.count { $0 == .dev }))
  }

  @Test("are refused with a sentence where they cannot be compared")
  func faults() throws {
    func fault(
      _ lines: [String], _ columns: LabelColumns = LabelColumns()
    ) -> String {
      do {
        _ = try read(lines, columns)
        return "no fault"
      } catch {
        return "\(error)"
      }
    }
    #expect(fault(Self.lines(20) { _ in "" }).contains("has no label in the column label"))
    #expect(
      fault(Self.lines(20) { _ in ", \"label\": 1" }).contains("has 0 prompts of label 0"))
    #expect(
      fault(Self.lines(20) { ", \"label\": \($0 == 3 ? 0 : 1)" })
        .contains("has 1 prompt of label 0, but at least 8"))
    #expect(
      fault(Self.lines(20) { ", \"label\": \($0 % 2)" }, LabelColumns(group: "topic"))
        .contains("has no column topic"))
    #expect(
      fault(
        Self.lines(20) { ", \"label\": \($0 % 2), \"split\": \"\($0 == 7 ? "other" : "dev")\"" }
      )
      .contains("split \"other\""))
    #expect(fault(Self.lines(20) { ", \"label\": \"\($0 % 3)\"" }).contains("none of 0, 1"))
  }
}
