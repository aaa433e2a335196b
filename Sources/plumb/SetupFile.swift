import Foundation

/// Finds what set-up made or fetched.
enum SetupFile {
  /// Folders where a file of set-up may be, the likeliest first: in a hidden folder here or above the
  /// executable, or installed beside it.
  static func folders(_ name: String) -> [String] {
    var folders = [FileManager.default.currentDirectoryPath + "/.\(name)"]
    var folder = URL(fileURLWithPath: executablePath).deletingLastPathComponent()
    folders.append(folder.deletingLastPathComponent().path + "/share/plumbline/\(name)")
    while folder.path != "/" {
      folders.append(folder.path + "/.\(name)")
      folder.deleteLastPathComponent()
    }
    return folders
  }

  /// The path of a file of set-up; nil where there is none.
  static func find(_ fileName: String, in name: String) -> String? {
    folders(name).map { "\($0)/\(fileName)" }.first { FileManager.default.fileExists(atPath: $0) }
  }

  private static var executablePath: String {
    let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    return path ?? CommandLine.arguments[0]
  }
}
