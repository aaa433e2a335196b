import Foundation
import Inference
import Kernels
import ModelFiles
import Testing

/// A folder that is gone when the test is.
final class TestFolder {
  private let root: String

  init() throws {
    root = NSTemporaryDirectory() + "plumbline-tuning-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: root)
  }

  func path(_ name: String) -> String { root + "/" + name }

  func write(_ text: String, to name: String) throws {
    try text.write(toFile: path(name), atomically: true, encoding: .utf8)
  }
}

/// The logits at every position.
func logits(of decoder: Decoder, _ tokens: [Int32]) throws -> [Float] {
  let capture = ActivationCapture(sites: [HookSite(.logits)])
  var space = DecoderWorkspace(for: decoder.description)
  var batch = TokenBatch()
  batch.append(tokens)
  try decoder.forward(
    batch, hooks: HookTable([capture], for: decoder.description), logits: .all, &space)
  return capture[HookSite(.logits)]
}

extension Checkpoint {
  /// A tensor's values.
  func floats(_ name: String) throws -> [Float] {
    let tensor = try #require(tensors[ByteString(name)])
    var values = [Float](repeating: 0, count: tensor.elementCount)
    try unsafe values.withUnsafeMutableBufferPointer { try unsafe read(tensor, into: $0) }
    return values
  }
}
