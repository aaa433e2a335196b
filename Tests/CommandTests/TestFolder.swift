import Foundation
import Inference
import TestSupport

/// A folder that is gone when nobody needs it any more.
final class TestFolder: Sendable {
  let root: URL

  init() throws {
    root = FileManager.default.temporaryDirectory
      .appendingPathComponent("plumb-tests-\(UUID().uuidString)").resolvingSymlinksInPath()
    try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(at: root)
  }

  func url(_ name: String) -> URL { root.appendingPathComponent(name) }
  func path(_ name: String) -> String { url(name).path }

  func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(name)) }

  func bytes(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: url(name))) }

  /// Writes a file and returns its name.
  @discardableResult
  func write(_ text: String, to name: String) throws -> String {
    try write(Array(text.utf8), to: name)
  }

  /// Writes a file and returns its name.
  @discardableResult
  func write(_ bytes: [UInt8], to name: String) throws -> String {
    try FileManager.default.createDirectory(
      at: url(name).deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: url(name))
    return name
  }

  /// Copies a tiny model's folder without its goldens and returns the copy's name.
  @discardableResult
  func copyModel(_ model: String, as name: String = "model") throws -> String {
    for file in ["config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"] {
      let source = URL(fileURLWithPath: TinyModel.path(model)).appendingPathComponent(file)
      try write(Array(try Data(contentsOf: source)), to: "\(name)/\(file)")
    }
    return name
  }

  /// Everything in the folder by name, but for what `PlumbProcess` keeps there.
  func contents() throws -> [String: Data] {
    var contents: [String: Data] = [:]
    for name in try FileManager.default.subpathsOfDirectory(atPath: root.path)
    where !name.hasPrefix(".") {
      contents[name] = (try? Data(contentsOf: url(name))) ?? Data()
    }
    return contents
  }
}

/// The tiny models among the goldens.
enum TinyModel {
  static let tied = path("llama-tied")
  static let bfloat16 = path("llama-bf16")
  static let qwen2 = path("qwen2")
  static let gguf = path("gguf/llama-untied-q8_0.gguf")

  static func path(_ name: String) -> String { Goldens.path("models/\(name)") }
}

/// Prompts made of a few words.
enum TestPrompts {
  private static let words = [
    "the", "weather", "in", "north", "wings", "sun", "rain", "hello", "river", "stone", "bread",
    "train", "ring", "hall", "tower", "error",
  ]

  /// One JSON object for each prompt, with a label and a group.
  static func lines(_ count: Int, seed: UInt64 = 1) -> [String] {
    var numbers = SplitMix64(seed: seed)
    return (0..<count).map { index in
      let text = (0..<Int.random(in: 2...6, using: &numbers))
        .map { _ in words.randomElement(using: &numbers) ?? "" }.joined(separator: " ")
      return """
        {"id": "p\(index)", "prompt": "\(text) \(index)", "label": \(index % 2), "group": "g\(index / 2)"}
        """
    }
  }

  /// 240 prompts of two kinds of words, no two alike, which even a random model tells apart.
  static let ofTwoKinds =
    (0..<240).map { index in
      let words =
        index % 2 == 1
        ? ["north", "wings", "tower", "frost", "stone"]
        : ["sun", "bread", "river", "meadow", "song"]
      let text = [1, 5, 25, 125].map { words[index / 2 / $0 % 5] }.joined(separator: " ")
      let end = index % 3 == 0 ? "?" : "."
      return """
        {"prompt": "\(text)\(end)", "label": \(index % 2), "group": "g\(index / 4)"}
        """
    }.joined(separator: "\n") + "\n"

  static func text(_ count: Int, seed: UInt64 = 1) -> String {
    lines(count, seed: seed).joined(separator: "\n") + "\n"
  }
}
