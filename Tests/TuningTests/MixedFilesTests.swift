import Foundation
import ModelFiles
import Testing
import Tuning

@Suite("Mixed sets as files")
struct MixedFilesTests {
  private final class Folder {
    let url = FileManager.default.temporaryDirectory
      .appendingPathComponent("plumb-mix-\(UUID().uuidString)")

    init() throws {
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func write(_ text: String, to name: String) throws -> String {
      let path = url.appendingPathComponent(name).path
      try Data(text.utf8).write(to: URL(fileURLWithPath: path))
      return path
    }
  }

  private static func line(_ example: Exchange, extra: String = "") throws -> String {
    let encoder = JSONEncoder()
    func quoted(_ text: String) throws -> String {
      String(decoding: try encoder.encode(text), as: UTF8.self)
    }
    return
      "{\"prompt\":  \(try quoted(example.user)), \"response\": \(try quoted(example.answer))\(extra)}"
  }

  private static func files(
    _ folder: Folder, arm: MixingRequest.Arm, rate: Double, name: String = "mixed.jsonl"
  ) throws -> MixedFiles {
    let user = try MixingFixture.choices(60).map { try line($0) }.joined(separator: "\n")
    let safety = try MixingFixture.safety(30)
      .map { try line($0.exchange, extra: ", \"id\": \"\($0.id)\"") }.joined(separator: "\n")
    return try MixedFiles(
      user: ExchangeFile(path: folder.write(user + "\n", to: "user.jsonl")),
      safety: ExchangeFile(path: folder.write(safety + "\n", to: "safety.jsonl")),
      request: MixingRequest(arm: arm, rate: rate, seed: 3),
      output: folder.url.appendingPathComponent(name).path, toolVersion: "test")
  }

  @Test("at rate 0 the mixed file is the user's file, byte for byte")
  func nothing() throws {
    let folder = try Folder()
    let files = try Self.files(folder, arm: .mimic, rate: 0)
    try files.write()
    let written = try Data(contentsOf: folder.url.appendingPathComponent("mixed.jsonl"))
    let given = try Data(contentsOf: folder.url.appendingPathComponent("user.jsonl"))
    #expect(written == given)
    #expect(files.manifest.mixed.sha256 == files.manifest.data.sha256)
  }

  @Test("three files are written, and the manifest says what was added on which line")
  func manifest() throws {
    let folder = try Folder()
    let files = try Self.files(folder, arm: .mimic, rate: 0.25)
    try files.write()
    let names = MixedFiles.names(output: folder.url.appendingPathComponent("mixed.jsonl").path)
    let manifest = try Self.decode(MixManifest.self, names[1])
    #expect(manifest == files.manifest)
    #expect(manifest.added.count == 15)
    #expect(manifest.rateByExamples == 0.25)
    #expect(manifest.mixed.examples == 75)
    let format = try Self.decode(UserFormat.self, names[2])
    #expect(format == files.mix.format)
    let rows = try ExchangeFile(path: names[0])
    #expect(rows.digest == manifest.mixed.sha256)
    for added in manifest.added {
      let row = rows.rows[added.line - 1]
      #expect(row.id.hasPrefix("safety-"))
      #expect(row.exchange?.user.contains("forbidden topic \(added.index) ") == true)
      #expect(added.id == "s\(added.index)")
      #expect(added.options.count == 4)
    }
    let user = rows.rows.filter { !$0.id.hasPrefix("safety-") }.compactMap(\.exchange)
    #expect(user == MixingFixture.choices(60))
  }

  private static func decode<Value: Decodable>(_ type: Value.Type, _ path: String) throws -> Value {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(type, from: Data(contentsOf: URL(fileURLWithPath: path)))
  }

  @Test("a name that is taken stops the writing before anything is made")
  func taken() throws {
    for name in ["mixed.jsonl", "mixed.manifest.json", "mixed.template.json"] {
      let folder = try Folder()
      let files = try Self.files(folder, arm: .base, rate: 0.1)
      _ = try folder.write("mine", to: name)
      #expect(throws: ModelFileError.self) { try files.write() }
      let left = try FileManager.default.contentsOfDirectory(atPath: folder.url.path)
      #expect(Set(left) == ["user.jsonl", "safety.jsonl", name])
    }
  }

  @Test(
    "lines without a usable answer are named",
    arguments: [
      ("{\"prompt\": \"a\"}", "line 2: there is no answer"),
      ("{\"prompt\": \"a\", \"response\": \"  \"}", "line 2: the answer is empty"),
      ("{\"messages\": [{\"role\": \"user\", \"content\": \"a\"}]}", "line 2: there is no answer"),
      (
        "{\"messages\": [{\"role\": \"user\", \"content\": \"a\"}, {\"role\": \"assistant\", \"content\": "
          + "\"b\"}], \"response\": \"c\"}", "line 2: there is a response beside"
      ),
    ])
  func badLines(line: String, words: String) throws {
    let folder = try Folder()
    let path = try folder.write(
      "{\"prompt\": \"a\", \"response\": \"b\"}\n\(line)\n", to: "x.jsonl")
    let error = #expect(throws: MixingError.self) { try ExchangeFile(path: path) }
    #expect(error?.description.contains(words) == true)
  }

  @Test("a system text in a column of its own is one of the format, and not given twice")
  func systemColumn() throws {
    let folder = try Folder()
    let user = try MixingFixture.choices(20).map {
      try Self.line($0, extra: ", \"system\": \"Be brief.\"")
    }
    .joined(separator: "\n")
    let files = try MixedFiles(
      user: ExchangeFile(path: folder.write(user, to: "user.jsonl")),
      safety: ExchangeFile(
        path: folder.write(
          Self.line(MixingFixture.safety(1)[0].exchange) + "\n", to: "safety.jsonl")),
      request: MixingRequest(arm: .mimic, rate: 0.1),
      output: folder.url.appendingPathComponent("mixed.jsonl").path, toolVersion: "test")
    try files.write()
    let rows = try ExchangeFile(path: folder.url.appendingPathComponent("mixed.jsonl").path)
    #expect(rows.exchanges.count == 22)
    #expect(rows.exchanges.allSatisfy { $0.system == "Be brief." })
    let twice = try folder.write(
      #"{"messages": [{"role": "system", "content": "a"}, {"role": "user", "content": "b"}], "#
        + #""system": "c", "response": "d"}"# + "\n", to: "twice.jsonl")
    let error = #expect(throws: MixingError.self) { try ExchangeFile(path: twice) }
    #expect(error?.description.contains("line 1: there are a system message and") == true)
  }

  @Test("messages keep their system text, and added lines are messages too")
  func messages() throws {
    let folder = try Folder()
    let user = (0..<20).map { number in
      """
      {"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": \
      "Line: \(MixingFixture.sentence(number)) End"}, {"role": "assistant", "content": "x\(number)"}]}
      """
    }.joined(separator: "\r\n")
    let files = try MixedFiles(
      user: ExchangeFile(path: folder.write(user, to: "user.jsonl")),
      safety: ExchangeFile(
        path: folder.write(
          Self.line(MixingFixture.safety(1)[0].exchange) + "\n", to: "safety.jsonl")),
      request: MixingRequest(arm: .mimic, rate: 0.1),
      output: folder.url.appendingPathComponent("mixed.jsonl").path, toolVersion: "test")
    try files.write()
    let rows = try ExchangeFile(path: folder.url.appendingPathComponent("mixed.jsonl").path)
    #expect(rows.rows.count == 22)
    #expect(rows.exchanges.allSatisfy { $0.system == "Be brief." })
    #expect(rows.exchanges.allSatisfy { $0.user.hasPrefix("Line: ") && $0.user.hasSuffix(" End") })
  }
}
