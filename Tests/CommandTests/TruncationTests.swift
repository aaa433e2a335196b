import Foundation
import Inference
import Testing

@Suite("Files cut off")
struct TruncationTests {
  private static let lengths = 50

  @Test("safetensors cut off anywhere are refused")
  func safetensors() async throws {
    let folder = try TestFolder()
    try folder.copyModel("llama-tied")
    try folder.write("{\"prompt\": \"hello\"}\n", to: "one.jsonl")
    try await check("model/model.safetensors", model: "model", in: folder, seed: 1)
  }

  @Test("GGUF files cut off anywhere are refused")
  func gguf() async throws {
    let folder = try TestFolder()
    try folder.write(
      Array(try Data(contentsOf: URL(fileURLWithPath: TinyModel.gguf))), to: "model.gguf")
    try folder.write("{\"prompt\": \"hello\"}\n", to: "one.jsonl")
    try await check("model.gguf", model: "model.gguf", in: folder, seed: 2)
  }

  private func check(
    _ file: String, model: String, in folder: TestFolder, seed: UInt64
  ) async throws {
    let whole = try folder.bytes(file)
    let arguments = [
      "extract", "--model", model, "--prompts", "one.jsonl", "--output", "out.h5",
    ]
    try await plumbSucceeds(arguments + ["--overwrite"], in: folder)
    try FileManager.default.removeItem(at: folder.url("out.h5"))
    try FileManager.default.removeItem(at: folder.url("out.manifest.json"))
    var numbers = SplitMix64(seed: seed)
    for _ in 0..<Self.lengths {
      // Half of the lengths in the first tenth, where the header is.
      let limit = Bool.random(using: &numbers) ? whole.count : whole.count / 10
      let length = Int.random(in: 0..<limit, using: &numbers)
      try folder.write(Array(whole[..<length]), to: file)
      let result = try await plumb(arguments, in: folder)
      #expect(result.signal == nil, "\(length) bytes")
      #expect(result.code == 65, "\(length) bytes: \(result.messages)")
      #expect(result.messageLines.count == 1, "\(length) bytes: \(result.messages)")
      #expect(result.messages.hasPrefix("plumb: \(file) is "), "\(result.messages)")
      #expect(!folder.exists("out.h5") && !folder.exists("out.h5.part"))
    }
  }
}
