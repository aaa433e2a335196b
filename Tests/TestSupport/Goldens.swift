public import Foundation
import ModelFiles
import Testing

/// Files that the tests compare with, made by `scripts/goldens`.
public enum Goldens {
  /// The checkout's root.
  public static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// The path of a golden file or folder.
  public static func path(_ name: String) -> String {
    root.appendingPathComponent("Tests/Goldens/\(name)").path
  }

  /// The default model, where set-up put it.
  public static var defaultModel: String {
    root.appendingPathComponent(".models/SmolLM2-135M-Instruct.Q4_1.gguf").path
  }
}

/// A safetensors file of expected values.
public struct GoldenTensors {
  private let file: MappedFile
  private let tensors: [String: StoredTensor]

  /// Opens a golden file by its name below `Tests/Goldens`.
  public init(_ name: String) throws {
    let opened = try SafetensorsFile(path: Goldens.path(name))
    file = opened.file
    tensors = Dictionary(uniqueKeysWithValues: opened.tensors.map { ($0.name.string, $0) })
  }

  /// The names of all tensors.
  public var names: [String] { tensors.keys.sorted() }

  /// The values of a float32 tensor.
  public func floats(_ name: String) throws -> [Float] {
    try values(name, as: Float.self)
  }

  /// The values of an int32 tensor.
  public func integers(_ name: String) throws -> [Int32] {
    try values(name, as: Int32.self)
  }

  private func values<Value>(_ name: String, as type: Value.Type) throws -> [Value] {
    let tensor = try #require(tensors[name], "golden \(name)")
    return unsafe file.withBytes { bytes in
      (0..<tensor.byteCount / MemoryLayout<Value>.size).map { index in
        unsafe bytes.loadUnaligned(
          fromByteOffset: tensor.offset + index * MemoryLayout<Value>.size, as: Value.self)
      }
    }
  }
}
