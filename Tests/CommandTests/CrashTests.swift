import Foundation
import TestSupport
import Testing

@Suite("Crashes")
struct CrashTests {
  private static let hasPython =
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
      FileManager.default.isExecutableFile(atPath: "\($0)/python3")
    }

  @Test(
    "the quick crash checks hold; scripts/reliability has them all",
    .enabled(if: hasPython, "there is no python3"))
  func quick() async throws {
    let folder = try TestFolder()
    try folder.write("", to: "report")
    let report = try FileHandle(forWritingTo: folder.url("report"))
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [
      "python3", Goldens.root.appendingPathComponent("scripts/reliability/run.py").path, "--quick",
      "--plumb", PlumbProcess.executable.path, "--folder", folder.root.path,
    ]
    process.standardOutput = report
    process.standardError = report
    let (ends, continuation) = AsyncStream.makeStream(of: Int32.self)
    process.terminationHandler = {
      continuation.yield($0.terminationStatus)
      continuation.finish()
    }
    try process.run()
    var status: Int32 = -1
    for await end in ends { status = end }
    let text = String(decoding: try folder.bytes("report"), as: UTF8.self)
    #expect(status == 0, "\(text)")
  }
}
