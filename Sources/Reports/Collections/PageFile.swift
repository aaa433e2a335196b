import Foundation
import ModelFiles

/// Writes pages.
public enum PageFile {
  /// Writes a page whole or not at all.
  public static func write(_ page: String, to path: String, overwriting: Bool) throws {
    try AtomicFile.write(Array(page.utf8), to: path, overwriting: overwriting)
  }
}

/// A folder of charts as files.
public struct ChartFolder: Sendable {
  private let path: String
  private let isOverwriting: Bool

  /// Names the folder.
  public init(path: String, overwriting: Bool) {
    self.path = path
    isOverwriting = overwriting
  }

  /// Makes the folder and writes every specification into it.
  public func write(_ files: [(name: String, bytes: [UInt8])]) throws {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw ModelFileError.cannotWrite(path: path, step: .create, code: errno)
    }
    for file in files {
      try AtomicFile.write(file.bytes, to: "\(path)/\(file.name)", overwriting: isOverwriting)
    }
  }
}
