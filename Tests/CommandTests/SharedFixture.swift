import Foundation
import Synchronization
import Testing

/// A finished store and its probes, made once for all tests.
struct SharedFixture: Sendable {
  let folder: TestFolder

  var prompts: String { folder.path("prompts.jsonl") }
  var store: String { folder.path("store.h5") }
  var results: String { folder.path("results") }
  var probes: String { folder.path("results/probes.safetensors") }

  static let promptCount = 130

  private static let made = Task {
    let fixture = try await SharedFixture(make: ())
    removedAtExit.withLock { $0 = fixture.folder.root }
    atexit { SharedFixture.removedAtExit.withLock { try? FileManager.default.removeItem(at: $0) } }
    return fixture
  }

  /// What a static value holds outlives every `deinit`.
  private static let removedAtExit = Mutex(URL(fileURLWithPath: "/nonexistent"))

  /// The fixture.
  static var value: SharedFixture {
    get async throws { try await made.value }
  }

  private init(make: Void) async throws {
    folder = try TestFolder()
    try folder.write(TestPrompts.text(Self.promptCount), to: "prompts.jsonl")
    try await plumbSucceeds(
      [
        "extract", "--model", TinyModel.tied, "--prompts", "prompts.jsonl", "--output", "store.h5",
        "--positions", "last,user.last",
      ], in: folder)
    try await makeUnfinishedStore()
    try await plumbSucceeds(["probe", "store.h5", "--output", "results"], in: folder)
  }

  /// A store that was interrupted: `unfinished.h5.part`.
  var unfinishedStore: String { folder.path("unfinished.h5.part") }

  private func makeUnfinishedStore() async throws {
    try folder.write(TestPrompts.text(1200), to: "many.jsonl")
    let run = try await ExtractionRun.many(to: "unfinished.h5").start(in: folder, untilUnits: 2)
    run.send(SIGKILL)
    try #require(try await run.result().signal == SIGKILL)
  }
}
