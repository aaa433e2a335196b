import Foundation
import ModelFiles
import Probes
import Tuning

/// A result of an analysis, read from the `result.json` that the analysis wrote.
struct ResultFile: Sendable {
  /// What the result is called on a page.
  let name: String
  /// Where it was read from.
  let path: String
  /// What it is.
  let result: AnyResult
  /// Scores of single tokens, where they were written beside it.
  let tokens: TokenView?

  /// Largest result that is read; one of a thousand cells is far below a hundredth of it.
  private static let byteLimit = 1 << 28

  /// Reads a result, named by its file or its folder.
  init(path: String) throws {
    var isFolder: ObjCBool = false
    guard unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw ModelFileError.notFound(path: path)
    }
    let file = isFolder.boolValue ? path.withoutTrailingSlash + "/result.json" : path
    guard FileManager.default.fileExists(atPath: file) else {
      throw ReportError.noResult(folder: path)
    }
    self.path = file
    let folder = (file as NSString).deletingLastPathComponent
    let isNamedByFolder = (file as NSString).lastPathComponent == "result.json"
    let name = ((isNamedByFolder ? folder : file) as NSString).lastPathComponent
    self.name = name.isEmpty ? file : name
    result = try AnyResult(Self.content(of: file), path: file)
    let beside = (folder as NSString).appendingPathComponent(TokenView.fileName)
    tokens =
      FileManager.default.fileExists(atPath: beside)
      ? try decode(TokenView.self, from: Self.content(of: beside), path: beside) : nil
  }

  static func content(of path: String) throws(ModelFileError) -> Data {
    let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
    if let size, size > byteLimit {
      throw .tooLarge(path: path, count: size, limit: byteLimit)
    }
    guard let data = FileManager.default.contents(atPath: path) else {
      throw .cannotOpen(path: path, code: errno)
    }
    return data
  }
}

/// A result of any kind that a page can show.
enum AnyResult: Sendable {
  /// Of two classes.
  case probe(ProbeReport)
  /// Of several classes.
  case classes(ClassReport)
  /// Of numbers.
  case regression(RegressionReport)
  /// Of a tuning.
  case tuning(TunedRun)
  /// Of an analysis of layers.
  case layers(LayersPage)
  /// Of an audit.
  case audit(AuditReport)
  /// Of a story.
  case story(StoryReport)

  /// What every result begins with.
  struct Heading: Decodable {
    let schema: Int
    let kind: String
  }

  init(_ data: Data, path: String) throws {
    guard let heading = try? JSONDecoder().decode(Heading.self, from: data) else {
      throw ReportError.notAResult(path: path)
    }
    func report<Report: Decodable>(schema: Int) throws(ReportError) -> Report {
      guard heading.schema == schema else {
        throw .schema(path: path, found: heading.schema, expected: schema)
      }
      return try decode(Report.self, from: data, path: path)
    }
    switch heading.kind {
    case ProbeReport.kind: self = .probe(try report(schema: ProbeReport.schema))
    case ClassReport.kind: self = .classes(try report(schema: ClassReport.schema))
    case RegressionReport.kind: self = .regression(try report(schema: RegressionReport.schema))
    case AuditReport.kind: self = .audit(try report(schema: AuditReport.schema))
    case StoryReport.kind: self = .story(try report(schema: StoryReport.schema))
    case TuningReport.kind:
      let log = ((path as NSString).deletingLastPathComponent as NSString)
        .appendingPathComponent(TuningLog.fileName)
      self = .tuning(
        TunedRun(
          try report(schema: TuningReport.schema),
          log: FileManager.default.fileExists(atPath: log) ? try TuningLog(path: log) : nil))
    default:
      guard let kind = LayersKind(rawValue: heading.kind) else {
        throw ReportError.kind(
          path: path, found: heading.kind,
          expected: [
            ProbeReport.kind, ClassReport.kind, RegressionReport.kind, TuningReport.kind,
            AuditReport.kind, StoryReport.kind,
          ] + LayersKind.allCases.map(\.rawValue))
      }
      guard heading.schema == LayersKind.schema else {
        throw ReportError.schema(path: path, found: heading.schema, expected: LayersKind.schema)
      }
      self = .layers(try LayersPage(kind, data, path: path))
    }
  }
}

/// Reads JSON with keys in snake case; a fault is named by its place in the file.
func decode<Content: Decodable>(
  _ type: Content.Type, from data: Data, path: String
) throws(ReportError) -> Content {
  let decoder = JSONDecoder()
  decoder.keyDecodingStrategy = .convertFromSnakeCase
  do {
    return try decoder.decode(type, from: data)
  } catch {
    throw .content(path: path, place: place(of: error))
  }
}

/// Where in a file something is not as it should be.
private func place(of error: any Error) -> String {
  let (context, key): (DecodingError.Context?, (any CodingKey)?) =
    switch error as? DecodingError {
    case .keyNotFound(let key, let context): (context, key)
    case .typeMismatch(_, let context), .valueNotFound(_, let context),
      .dataCorrupted(let context):
      (context, nil)
    default: (nil, nil)
    }
  let keys = (context?.codingPath ?? []) + [key].compactMap { $0 }
  return keys.isEmpty
    ? "its outermost value"
    : keys.map { $0.intValue.map { "\($0)" } ?? $0.stringValue }.joined(separator: ".")
}

extension String {
  fileprivate var withoutTrailingSlash: String {
    count > 1 && hasSuffix("/") ? String(dropLast()).withoutTrailingSlash : self
  }
}
