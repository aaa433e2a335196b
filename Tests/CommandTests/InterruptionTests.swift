import Foundation
import Inference
import Testing

@Suite("Interruption", .serialized)
struct InterruptionTests {
  /// The prompts and the file of a run that nothing interrupts.
  private static func start() async throws -> (folder: TestFolder, whole: [UInt8]) {
    let folder = try TestFolder()
    try folder.write(TestPrompts.text(8000), to: "many.jsonl")
    try await plumbSucceeds(ExtractionRun.many(to: "whole.h5").arguments, in: folder)
    return (folder, try folder.bytes("whole.h5"))
  }

  /// Runs to the end what was interrupted, and compares.
  private static func finish(
    _ run: ExtractionRun, in folder: TestFolder, as whole: [UInt8]
  ) async throws -> Int {
    #expect(!folder.exists(run.output), "the whole name stands for less")
    try await plumbSucceeds(run.arguments + ["--threads", "2"], in: folder)
    let isSame = try folder.bytes(run.output) == whole
    #expect(isSame, "the file differs from an uninterrupted run's")
    #expect(!folder.exists(run.output + ".part") && !folder.exists(run.output + ".part.new"))
    let manifest = try folder.bytes(run.output.dropLast(3) + ".manifest.json")
    let object = try JSONSerialization.jsonObject(with: Data(manifest)) as? [String: Any]
    try FileManager.default.removeItem(at: folder.url(run.output))
    return try #require(object?["units_kept"] as? Int)
  }

  @Test("a run killed at any moment goes on and ends in the same bytes")
  func killed() async throws {
    let (folder, whole) = try await Self.start()
    var numbers = SplitMix64(seed: 3)
    var keptUnits = 0
    for moment in 0..<10 {
      let run = ExtractionRun.many(to: "run\(moment).h5")
      // The first two die while the run begins, the others after some of its 125 units.
      let units = moment < 2 ? 0 : Int.random(in: 0..<90, using: &numbers)
      let delay = UInt32.random(in: 0..<(moment < 2 ? 100_000 : 5_000), using: &numbers)
      let process = try await run.start(in: folder, untilUnits: units, delay: delay)
      process.send(SIGKILL)
      #expect(try await process.result().signal == SIGKILL, "the run ended before it was killed")
      keptUnits += try await Self.finish(run, in: folder, as: whole)
    }
    #expect(keptUnits > 0, "no run kept anything of the one before")
  }

  @Test("Ctrl-C ends a run in order, with a sentence, and it goes on later")
  func interrupted() async throws {
    let (folder, whole) = try await Self.start()
    let run = ExtractionRun.many(to: "run.h5")
    let process = try await run.start(in: folder, untilUnits: 1)
    process.send(SIGINT)
    let result = try await process.result()
    #expect(result.code == 75)
    #expect(
      result.messages == """
        plumb: Interrupted; what was committed is kept in run.h5.part, and the same command goes on \
        from there.

        """)
    #expect(result.output.isEmpty)
    #expect(try await Self.finish(run, in: folder, as: whole) > 0)
  }

  @Test("a second signal ends a run at once, and nothing committed is lost")
  func interruptedTwice() async throws {
    let (folder, whole) = try await Self.start()
    let run = ExtractionRun.many(to: "run.h5")
    let process = try await run.start(in: folder, untilUnits: 1)
    // Both arrive together when the process goes on.
    for signal in [SIGSTOP, SIGINT, SIGTERM, SIGCONT] { process.send(signal) }
    let result = try await process.result()
    #expect(result.code == 75)
    #expect(result.messages.isEmpty, "there was time for a sentence: \(result.messages)")
    #expect(try await Self.finish(run, in: folder, as: whole) > 0)
  }

  @Test("a second writer is told to wait, and the first is not disturbed")
  func secondWriter() async throws {
    let (folder, whole) = try await Self.start()
    let run = ExtractionRun.many(to: "run.h5")
    let first = try await run.start(in: folder, untilUnits: 1)
    first.send(SIGSTOP)
    let second = try await plumb(run.arguments + ["--overwrite"], in: folder)
    first.send(SIGCONT)
    #expect(second.code == 75)
    #expect(second.messages.contains("run.h5 is being written by another process"))
    #expect(try await first.result().code == 0)
    let isSame = try folder.bytes("run.h5") == whole
    #expect(isSame, "the first writer's file differs")
  }
}
