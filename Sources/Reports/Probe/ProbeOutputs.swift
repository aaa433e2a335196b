import Foundation
public import ModelFiles
public import Probes

/// The files that `plumb probe` writes into its folder.
public struct ProbeOutputs: Sendable {
  private let folder: String
  private let isOverwriting: Bool

  /// The result for programs.
  public var result: String { "\(folder)/result.json" }
  /// The result for readers, as Markdown.
  public var report: String { "\(folder)/report.md" }
  /// The result for readers, as a page with charts.
  public var page: String { "\(folder)/report.html" }
  /// Scores of single tokens, where there are any.
  public var tokens: String { "\(folder)/\(TokenView.fileName)" }
  /// The fitted probes.
  public var probes: String { "\(folder)/probes.safetensors" }

  /// Names the folder; refuses existing files and a folder that cannot be made, before any work is done.
  public init(folder: String, overwriting: Bool) throws {
    self.folder = folder
    isOverwriting = overwriting
    var place = folder
    while !FileManager.default.fileExists(atPath: place), !place.isEmpty {
      place = place.parentFolder
    }
    if place.isEmpty { place = "." }
    guard !folder.isEmpty, unsafe access(place + "/", W_OK | X_OK) == 0 else {
      throw ModelFileError.cannotWrite(
        path: folder, step: .create, code: folder.isEmpty ? ENOENT : errno)
    }
    if overwriting { return }
    for path in [result, report, page, tokens, probes]
    where FileManager.default.fileExists(atPath: path) {
      throw ModelFileError.outputExists(path: path)
    }
  }

  /// Makes the folder and writes all files; the result comes last, so that where it is the others are.
  ///
  /// Without what draws the charts the page keeps its tables.
  public func write(
    _ run: ProbeRun, _ report: ProbeReport, tokens: TokenView? = nil, charts: ChartLibrary? = nil
  ) throws {
    try makeFolder()
    try run.save(from: report.origin, to: probes, overwriting: isOverwriting)
    try AtomicFile.write(
      Array(report.markdown.utf8), to: self.report, overwriting: isOverwriting)
    try AtomicFile.write(
      Array(report.html(tokens: tokens, charts: charts).utf8), to: page,
      overwriting: isOverwriting)
    if let tokens {
      try AtomicFile.write(try tokens.json(), to: self.tokens, overwriting: isOverwriting)
    } else if isOverwriting {
      removeEarlier(self.tokens)
    }
    try AtomicFile.write(try report.json(), to: result, overwriting: isOverwriting)
  }

  /// Makes the folder and writes the result for programs and for readers, for analyses without more; the
  /// result comes last.
  public func write(markdown: String, page: String, json: [UInt8]) throws {
    try makeFolder()
    try AtomicFile.write(Array(markdown.utf8), to: report, overwriting: isOverwriting)
    try AtomicFile.write(Array(page.utf8), to: self.page, overwriting: isOverwriting)
    if isOverwriting { [tokens, probes].forEach(removeEarlier) }
    try AtomicFile.write(json, to: result, overwriting: isOverwriting)
  }

  /// Removes what an earlier run wrote and this one does not, lest it be taken for this one's.
  private func removeEarlier(_ path: String) {
    try? FileManager.default.removeItem(atPath: path)
  }

  /// Makes the folder, if it is not there.
  public func makeFolder() throws(ModelFileError) {
    guard
      (try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true))
        != nil
    else { throw .cannotWrite(path: folder, step: .create, code: errno) }
  }
}

extension String {
  /// The path without its last component; empty where it has only one.
  ///
  /// Foundation's own breaks down over a path of a single letter.
  fileprivate var parentFolder: String {
    guard let slash = lastIndex(of: "/") else { return "" }
    return slash == startIndex ? "/" : String(self[..<slash])
  }
}
