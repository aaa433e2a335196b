public import Audit
import Foundation
import ModelFiles

/// The files that `plumb audit` writes into its folder.
public struct AuditOutputs: Sendable {
  /// The folder.
  public let folder: String
  private let common: ProbeOutputs
  private let isOverwriting: Bool

  /// The result for programs.
  public var result: String { common.result }
  /// The result for readers, as Markdown.
  public var report: String { common.report }
  /// The result for readers, as a page with charts.
  public var page: String { common.page }
  /// The verdict of every answer, by the prompts' hashes.
  public var verdicts: String { "\(folder)/verdicts.csv" }
  /// The log for Inspect.
  public var inspect: String { "\(folder)/inspect.json" }
  /// Every file's path.
  public var paths: [String] { [result, report, page, verdicts, inspect] }

  /// Names the folder; refuses existing files and a folder that cannot be made, before any work is done.
  public init(folder: String, overwriting: Bool) throws {
    self.folder = folder
    isOverwriting = overwriting
    common = try ProbeOutputs(folder: folder, overwriting: overwriting)
    if overwriting { return }
    for path in [verdicts, inspect] where FileManager.default.fileExists(atPath: path) {
      throw ModelFileError.outputExists(path: path)
    }
  }

  /// Makes the folder, if it is not there.
  public func makeFolder() throws { try common.makeFolder() }

  /// Writes all files; the result comes last, so that where it is the others are.
  ///
  /// Without what draws the charts the page keeps its tables.
  public func write(
    _ report: AuditReport, _ answers: [AuditedAnswer], charts: ChartLibrary? = nil
  ) throws {
    try makeFolder()
    let csv = Array(AuditedAnswer.csv(answers).utf8)
    try AtomicFile.write(csv, to: verdicts, overwriting: isOverwriting)
    try AtomicFile.write(
      InspectLog(report, answers).json(), to: inspect, overwriting: isOverwriting)
    try common.write(
      markdown: report.markdown, page: report.html(charts: charts), json: report.json())
  }
}
