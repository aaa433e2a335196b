import Foundation
import Inference
import ModelFiles
import Probes
import Reports
import Tokenization

/// Results of analyses of layers that were computed before, all of one model.
struct LayersEarlier {
  private(set) var gap: LayerGap?
  private(set) var search: LayerSearch?
  private(set) var patching: LayerPatching?
  /// Whether a refusal direction was looked for, and none found.
  private(set) var hasNoDirection = false

  /// The folders that `plumb layers all` makes in its own, by what is in them.
  enum Step: String, CaseIterable {
    case gap, search, direction, patch, rank

    /// The folder of a step.
    func folder(in parent: String) -> String {
      (parent as NSString).appendingPathComponent(rawValue)
    }
  }

  /// Reads results.
  ///
  /// - Parameters:
  ///   - paths: folders of analyses, or of `plumb layers all`.
  ///   - origin: what they have to be of.
  /// - Throws: `ReportError` where there is no result, `CommandError.otherResult` for one of another model.
  init(paths: [String], of origin: LayersOrigin) throws {
    for path in paths {
      let folders = [path] + Step.allCases.map { $0.folder(in: path) }
      guard try folders.map({ try read($0, origin) }).contains(true) else {
        throw ReportError.noResult(folder: path)
      }
    }
  }

  /// Takes what a folder has; false where it has nothing to rank by.
  private mutating func read(_ folder: String, _ origin: LayersOrigin) throws -> Bool {
    if let report = try LayersReport<LayerGap>(in: folder) {
      try report.origin.demandModel(of: origin, path: folder)
      gap = report.result
    } else if let report = try LayersReport<LayerSearch>(in: folder) {
      try report.origin.demandModel(of: origin, path: folder)
      search = report.result
    } else if let report = try PatchReport(in: folder) {
      try report.origin.demandModel(of: origin, path: folder)
      patching = report.result
    } else if let report = try DirectionReport(in: folder) {
      try report.origin.demandModel(of: origin, path: folder)
      hasNoDirection = report.result.direction.chosen == nil
    } else {
      return false
    }
    return true
  }
}

extension LayersOrigin {
  /// Refuses a result of another model, or of one that read prompts in another way.
  func demandModel(of other: LayersOrigin, path: String) throws {
    func demand(_ what: String, _ found: String?, _ expected: String?) throws {
      guard found == expected else {
        throw CommandError.otherResult(
          path: path, what: what, found: found ?? "none", expected: expected ?? "none")
      }
    }
    try demand("model", modelDigest, other.modelDigest)
    try demand("adapter", adapterDigest, other.adapterDigest)
    try demand("tokenizer", tokenizerDigest, other.tokenizerDigest)
    try demand("chat template", templateDigest, other.templateDigest)
    try demand("system text", encoding.system, other.encoding.system)
    try demand("precision", "\(precision)", "\(other.precision)")
  }
}
