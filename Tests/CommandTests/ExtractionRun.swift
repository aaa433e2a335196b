import Activations
import Foundation
import Testing

/// An extraction that takes long enough to be interrupted.
struct ExtractionRun: Sendable {
  let arguments: [String]
  let output: String

  /// Several sites and all positions of `many.jsonl`.
  static func many(to output: String) -> ExtractionRun {
    ExtractionRun(
      arguments: [
        "extract", "--model", TinyModel.bfloat16, "--raw", "--prompts", "many.jsonl", "--output",
        output, "--sites", "resid_post,attn.z,mlp.post", "--positions", "all", "--threads", "1",
      ], output: output)
  }

  /// Runs until some units are committed, waits some microseconds more and sends signals then.
  ///
  /// Several signals arrive together, the process being stopped while they are sent.
  @discardableResult
  func interrupt(
    in folder: TestFolder, with signals: Int32..., afterUnits units: Int, delay: UInt32 = 0
  ) async throws -> PlumbResult {
    let process = try await PlumbProcess(arguments, in: folder)
    let part = folder.path(output + ".part")
    let identifier = process.identifier
    // A thread of its own: other tests may keep all of Swift's busy for long.
    await withCheckedContinuation { continuation in
      Thread.detachNewThread {
        while kill(identifier, 0) == 0, Self.committedUnits(of: part) < units { usleep(500) }
        usleep(delay)
        if signals.count > 1 { kill(identifier, SIGSTOP) }
        for signal in signals { kill(identifier, signal) }
        if signals.count > 1 { kill(identifier, SIGCONT) }
        continuation.resume()
      }
    }
    return try await process.result()
  }

  private static func committedUnits(of part: String) -> Int {
    ((try? ActivationStore(path: part).committedUnits()) ?? []).count { $0 }
  }
}
