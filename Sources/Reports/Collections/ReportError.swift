public import ModelFiles

/// Everything that can be wrong with results that a page is to be made of.
public enum ReportError: Failure, Equatable {
  /// A folder has no result in it.
  case noResult(folder: String)
  /// A file is not JSON with a schema and a kind.
  case notAResult(path: String)
  /// A result is of a kind that has no page.
  case kind(path: String, found: String, expected: [String])
  /// A result was written by another version.
  case schema(path: String, found: Int, expected: Int)
  /// A result lacks something, or has something else in its place.
  case content(path: String, place: String)

  public var kind: FailureKind {
    switch self {
    case .noResult: .missingInput
    case .notAResult, .kind, .schema, .content: .badInput
    }
  }

  public var description: String {
    switch self {
    case .noResult(let folder):
      "\(ByteString(folder)) has no result.json; name a folder that an analysis wrote, or the file itself."
    case .notAResult(let path):
      "\(ByteString(path)) is not a result: it is not JSON with a schema and a kind; name the "
        + "result.json that an analysis wrote."
    case .kind(let path, let found, let expected):
      "\(ByteString(path)) is a result of kind \(ByteString(found)), and pages are made of "
        + "\(expected.dropLast().joined(separator: ", ")) and \(expected.last ?? "")."
    case .schema(let path, let found, let expected):
      "\(ByteString(path)) has schema \(found), and this version reads \(expected); run the analysis again "
        + "with this version."
    case .content(let path, let place):
      "\(ByteString(path)) is not whole: \(ByteString(place)) is missing or not what it should be; run the "
        + "analysis again."
    }
  }
}
