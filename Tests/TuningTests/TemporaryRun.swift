import Foundation
import ModelFiles
import Tuning

/// The folder of a run that is gone with this object.
final class TemporaryRun {
  let root = FileManager.default.temporaryDirectory
    .appendingPathComponent("tuning-\(UUID().uuidString)").path

  var path: String { root + "/run" }

  init() throws {
    try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: root)
  }

  func open(_ opening: RunFolder.Opening, identity: JSONObject = ["plan": "toy"]) throws
    -> RunFolder
  {
    try RunFolder(path, opening, identity: identity, manifest: [:], configuration: "plan: toy\n")
  }

  func bytes(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: "\(path)/\(name)")))
  }

  func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: "\(path)/\(name)") }
}
