import Foundation
import Inference
import ModelFiles
import TestSupport
import Testing
import Tokenization

@Suite("README")
struct LibraryExampleTests {
  /// What README shows, with a tiny model in the place of a reader's.
  private func example(path: String) throws -> (shape: [Int], values: [Float]) {
    // README example begin
    let checkpoint = try Checkpoint(path: path)
    let encoder = try PromptEncoder(checkpoint.tokenizer)
    let prompt = try encoder.encode([
      ChatMessage(role: "user", content: "How do I bake bread?")
    ])

    let decoder = try Decoder(checkpoint, includingHead: false, threads: 2)
    let site = HookSite(.residPost, layer: decoder.description.layerCount / 2)
    let capture = ActivationCapture(sites: [site])
    var space = DecoderWorkspace(for: decoder.description)
    try decoder.forward(
      TokenBatch([prompt]), hooks: HookTable([capture], for: decoder.description), &space)

    let shape = [prompt.ids.count, decoder.description.dModel]
    print(site.name, shape, capture[site].prefix(4))
    // README example end
    return (shape, capture[site])
  }

  @Test("the example of the library runs")
  func runs() throws {
    let (shape, values) = try example(path: TinyModel.tied)
    #expect(shape[0] > 40 && shape[1] == 36)
    #expect(values.count == shape[0] * shape[1])
    #expect(values.allSatisfy { $0.isFinite && $0 != 0 })
  }

  @Test(
    "README shows the lines that are tested here",
    .enabled(if: readme != nil, "README.md is not written yet"))
  func readmeShowsExample() throws {
    let source = try String(contentsOfFile: #filePath, encoding: .utf8)
    let lines = source.split(separator: "\n", omittingEmptySubsequences: false)
    let first = try #require(lines.firstIndex { $0.hasSuffix("// README example begin") })
    let last = try #require(lines.firstIndex { $0.hasSuffix("// README example end") })
    let example = lines[(first + 1)..<last].map { $0.dropFirst(4) }.joined(separator: "\n")
    #expect(try #require(readme).contains(example))
  }

  @Test(
    "README shows the Python lines that are tested here",
    .enabled(if: readme != nil, "README.md is not written yet"))
  func readmeShowsPython() throws {
    let script = try String(contentsOfFile: PythonExample.path, encoding: .utf8)
    let code = script.split(separator: "\n", omittingEmptySubsequences: false)
      .drop { $0.hasPrefix("#") || $0.hasPrefix("\"\"\"") || $0.isEmpty }
    #expect(
      try #require(readme).contains(
        code.joined(separator: "\n").trimmingCharacters(in: .newlines)))
  }

  @Test(
    "the Python example reads a store and its probes",
    .enabled("python3 has no h5py or no safetensors") { await PythonExample.canRun })
  func python() async throws {
    let shared = try await SharedFixture.value
    let (code, output) = try await PythonExample.run([
      PythonExample.path, shared.store, shared.probes,
    ])
    #expect(code == 0)
    #expect(output.contains("(260, 36)"), "\(output)")
  }

  @Test(
    "probes load into scikit-learn and PyTorch and score as here",
    .enabled("python3 has no safetensors, scikit-learn or torch") {
      await PythonExample.canUseProbes
    })
  func probes() async throws {
    let shared = try await SharedFixture.value
    let (code, output) = try await PythonExample.run([PythonExample.probesPath, shared.probes])
    #expect(code == 0)
    #expect(output.contains("the same scores"), "\(output)")
  }
}

private let readme = try? String(
  contentsOf: Goldens.root.appendingPathComponent("README.md"), encoding: .utf8)

/// The script that README quotes, and the interpreter to run it with.
private enum PythonExample {
  static let path = Goldens.root.appendingPathComponent("scripts/examples/read_results.py").path

  /// The script that loads probes elsewhere.
  static let probesPath = Goldens.root.appendingPathComponent("scripts/examples/use_probes.py").path

  /// Whether what that script imports is installed.
  static var canUseProbes: Bool {
    get async { (try? await run(["-c", "import safetensors.numpy, sklearn, torch"]))?.code == 0 }
  }

  /// Whether what the script imports is installed.
  static var canRun: Bool {
    get async { (try? await run(["-c", "import h5py, safetensors.numpy"]))?.code == 0 }
  }

  static func run(_ arguments: [String]) async throws -> (code: Int32, output: String) {
    let folder = try TestFolder()
    try folder.write("", to: "output")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3"] + arguments
    process.standardOutput = try FileHandle(forWritingTo: folder.url("output"))
    process.standardError = FileHandle.nullDevice
    let (ends, continuation) = AsyncStream.makeStream(of: Int32.self)
    process.terminationHandler = {
      continuation.yield($0.terminationStatus)
      continuation.finish()
    }
    try process.run()
    var code: Int32 = -1
    for await end in ends { code = end }
    return (code, String(decoding: try folder.bytes("output"), as: UTF8.self))
  }
}
