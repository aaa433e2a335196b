import Foundation
import Testing

/// How a run of `plumb` ended and what it said.
struct PlumbResult: Sendable {
  /// The exit code; 0 where a signal ended the process.
  let code: Int32
  /// The signal that ended the process.
  let signal: Int32?
  let output: [UInt8]
  let messages: String

  var text: String { String(decoding: output, as: UTF8.self) }
  var lines: [String] { text.split(separator: "\n").map(String.init) }
  var messageLines: [String] { messages.split(separator: "\n").map(String.init) }
}

/// The built command as a child process that can be watched and killed.
final class PlumbProcess: Sendable {
  /// The command beside the test bundle.
  static let executable: URL = {
    #if canImport(Darwin)
    let bundle = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") } ?? .main
    return bundle.bundleURL.deletingLastPathComponent().appendingPathComponent("plumb")
    #else
    let test = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
    return test.deletingLastPathComponent().appendingPathComponent("plumb")
    #endif
  }()

  /// Few run at a time, or the machine would be swamped.
  private static let turns = Turns(3)

  let identifier: Int32
  private let output: URL
  private let messages: URL
  private let end: Task<(code: Int32, reason: Process.TerminationReason), Never>

  /// Starts the command in a folder; `outputPath` is where its output goes, a file of the test's by default.
  init(
    _ arguments: [String], in folder: TestFolder, input: String = "", outputPath: String? = nil,
    environment: [String: String] = [:]
  ) async throws {
    await Self.turns.take()
    let name = "." + UUID().uuidString
    output = outputPath.map { URL(fileURLWithPath: $0) } ?? folder.url(name + ".out")
    messages = folder.url(name + ".err")
    let process = Process()
    process.executableURL = Self.executable
    process.arguments = arguments
    process.currentDirectoryURL = folder.root
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    if outputPath == nil { try Data().write(to: output) }
    try Data().write(to: messages)
    try Data(input.utf8).write(to: folder.url(name + ".in"))
    process.standardInput = try FileHandle(forReadingFrom: folder.url(name + ".in"))
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: messages)
    let (ends, continuation) = AsyncStream.makeStream(
      of: (code: Int32, reason: Process.TerminationReason).self)
    process.terminationHandler = {
      continuation.yield(($0.terminationStatus, $0.terminationReason))
      continuation.finish()
    }
    try withoutBlockedSignals { try process.run() }
    identifier = process.processIdentifier
    end = Task {
      var last: (code: Int32, reason: Process.TerminationReason) = (-1, .exit)
      for await end in ends { last = end }
      await Self.turns.give()
      return last
    }
  }

  func send(_ signal: Int32) {
    kill(identifier, signal)
  }

  /// Waits for the end.
  func result() async throws -> PlumbResult {
    let end = await end.value
    let isSignal = end.reason == .uncaughtSignal
    return PlumbResult(
      code: isSignal ? 0 : end.code, signal: isSignal ? end.code : nil,
      output: Array((try? Data(contentsOf: output)) ?? Data()),
      messages: String(decoding: try Data(contentsOf: messages), as: UTF8.self))
  }
}

/// Runs the command to its end.
@discardableResult
func plumb(
  _ arguments: [String], in folder: TestFolder, input: String = "", outputPath: String? = nil,
  environment: [String: String] = [:]
) async throws -> PlumbResult {
  try await PlumbProcess(
    arguments, in: folder, input: input, outputPath: outputPath, environment: environment
  ).result()
}

/// Runs the command and demands that it succeeds.
@discardableResult
func plumbSucceeds(
  _ arguments: [String], in folder: TestFolder, input: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) async throws -> PlumbResult {
  let result = try await plumb(arguments, in: folder, input: input)
  try #require(
    result.code == 0 && result.signal == nil,
    "plumb \(arguments.joined(separator: " ")): \(result.code), \(result.messages)",
    sourceLocation: sourceLocation)
  return result
}

/// Runs a step with no signal blocked, since a child inherits what its parent's thread blocks and Swift's
/// threads block most.
private func withoutBlockedSignals(_ step: () throws -> Void) rethrows {
  var none = sigset_t()
  var before = sigset_t()
  unsafe sigemptyset(&none)
  unsafe pthread_sigmask(SIG_SETMASK, &none, &before)
  defer { unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }
  try step()
}

/// Lets a few through at a time.
private actor Turns {
  private var free: Int
  private var waiting: [CheckedContinuation<Void, Never>] = []

  init(_ count: Int) {
    free = count
  }

  func take() async {
    if free > 0 {
      free -= 1
      return
    }
    await withCheckedContinuation { waiting.append($0) }
  }

  func give() {
    if waiting.isEmpty {
      free += 1
    } else {
      waiting.removeFirst().resume()
    }
  }
}
