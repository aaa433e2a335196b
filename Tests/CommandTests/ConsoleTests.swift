import Foundation
import Testing

@Suite("Terminal manners")
struct ConsoleTests {
  @Test("help fits 80 columns and names every command")
  func help() async throws {
    let folder = try TestFolder()
    let overview = try await plumbSucceeds(["--help"], in: folder)
    let commands = [
      "extract", "import", "probe", "score", "vector", "generate", "tokenize", "inspect", "verify",
      "merge", "report",
    ]
    var pages = [overview]
    for command in commands {
      #expect(overview.lines.contains { $0.hasPrefix("  \(command) ") })
      pages.append(try await plumbSucceeds(["help", command], in: folder))
    }
    for page in pages {
      #expect(page.messages.isEmpty)
      for line in page.lines { #expect(line.count <= 80, "\(line)") }
    }
  }

  @Test("the version is three numbers")
  func version() async throws {
    let result = try await plumbSucceeds(["--version"], in: TestFolder())
    #expect(result.text.wholeMatch(of: /\d+\.\d+\.\d+\n/) != nil, "\(result.text)")
  }

  @Test("what is no terminal gets neither colors nor a progress bar")
  func plainText() async throws {
    let shared = try await SharedFixture.value
    for environment in [[:], ["NO_COLOR": "1", "TERM": "xterm-256color"]] {
      let folder = try TestFolder()
      let result = try await plumb(
        ["probe", shared.store, "--output", "results"], in: folder, environment: environment)
      #expect(result.code == 0)
      #expect(!result.output.contains(0x1B))
      #expect(result.messages.isEmpty)
    }
  }

  @Test("a reader that stops early ends the command quietly")
  func closedPipe() async throws {
    let folder = try TestFolder()
    try folder.write(TestPrompts.text(4000), to: "p.jsonl")
    try await shell(
      """
      { "$0" tokenize --model "$1" p.jsonl 2> messages; echo $? > code; } | head -n 1 > first
      """, in: folder)
    #expect(String(decoding: try folder.bytes("first"), as: UTF8.self).hasPrefix("["))
    #expect(String(decoding: try folder.bytes("code"), as: UTF8.self) == "74\n")
    #expect(try folder.bytes("messages").isEmpty)
  }

  @Test("closed outputs do no harm to the files that are written")
  func closedOutputs() async throws {
    let folder = try TestFolder()
    try folder.write(TestPrompts.text(3), to: "p.jsonl")
    try await shell(
      """
      "$0" extract --model "$1" --prompts p.jsonl --output open.h5 > output
      "$0" extract --model "$1" --prompts p.jsonl --output closed.h5 >&- 2> messages
      echo $? > code
      "$0" extract --model "$1" --prompts p.jsonl --output all.h5 <&- >&- 2>&-
      """, in: folder)
    #expect(String(decoding: try folder.bytes("code"), as: UTF8.self) == "74\n")
    #expect(
      String(decoding: try folder.bytes("messages"), as: UTF8.self)
        == "plumb: Standard output cannot be written: Bad file descriptor.\n")
    let expected = try folder.bytes("open.h5")
    #expect(try folder.bytes("closed.h5") == expected)
    #expect(try folder.bytes("all.h5") == expected)
  }

  /// Runs a script with the command as `$0` and a tiny model as `$1`.
  private func shell(_ script: String, in folder: TestFolder) async throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", script, PlumbProcess.executable.path, TinyModel.tied]
    process.currentDirectoryURL = folder.root
    let (ends, continuation) = AsyncStream.makeStream(of: Void.self)
    process.terminationHandler = { _ in continuation.finish() }
    try process.run()
    for await _ in ends {}
  }

  @Test(
    "a full disk under standard output is an error, and the store is there all the same",
    .enabled(if: FileManager.default.fileExists(atPath: "/dev/full"), "there is no /dev/full"))
  func fullOutput() async throws {
    let folder = try TestFolder()
    try folder.write(TestPrompts.text(3), to: "p.jsonl")
    let result = try await plumb(
      ["extract", "--model", TinyModel.tied, "--prompts", "p.jsonl", "--output", "out.h5"],
      in: folder, outputPath: "/dev/full")
    #expect(result.code == 74)
    #expect(
      result.messages
        == "plumb: Standard output cannot be written: No space left on device.\n")
    #expect(folder.exists("out.h5"))
  }
}
