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

  /// Starts it, waits until some units are committed, and some microseconds more.
  func start(
    in folder: TestFolder, untilUnits units: Int, delay: UInt32 = 0
  ) async throws -> PlumbProcess {
    let process = try await PlumbProcess(arguments, in: folder)
    let part = folder.path(output + ".part")
    // A thread of its own: other tests may keep all of Swift's busy for long.
    await withCheckedContinuation { continuation in
      Thread.detachNewThread {
        while kill(process.identifier, 0) == 0, Self.committedUnits(of: part) < units {
          usleep(500)
        }
        usleep(delay)
        continuation.resume()
      }
    }
    return process
  }

  private static func committedUnits(of part: String) -> Int {
    ((try? ActivationStore(path: part).committedUnits()) ?? []).count { $0 }
  }
}
