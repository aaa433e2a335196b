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
