public import ModelFiles
import Tokenization

/// Why a file's prompts cannot be compared by their labels.
public enum LabeledPromptsError: Failure, Equatable {
  /// No prompt has a label.
  case noLabels(path: String, column: String)
  /// No prompt has a group, although a column was named.
  case noGroups(path: String, column: String)
  /// A class has too few prompts.
  case tooFew(path: String, label: Int, found: Int, needed: Int)
  /// A prompt's part of the data is none that is known.
  case unknownPart(path: String, line: Int, found: String)
  /// Two prompts that belong together are of different parts.
  case dividedPart(path: String, ids: [String], parts: [PromptPart])
  /// A part has no prompt of a class.
  case emptyPart(path: String, part: PromptPart, label: Int, isDrawn: Bool)

  public var kind: FailureKind { .badInput }

  public var description: String {
    switch self {
    case .noLabels(let path, let column):
      """
      \(ByteString(path)) has no label in the column \(ByteString(column)); give every prompt 1 (harmful) or \
      0 (harmless), or name another column with --label
      """
    case .noGroups(let path, let column):
      """
      \(ByteString(path)) has no column \(ByteString(column)) to take groups from; leave out --group to \
      count every prompt as a group of its own
      """
    case .tooFew(let path, let label, let found, let needed):
      """
      \(ByteString(path)) has \(found) prompt\(found == 1 ? "" : "s") of label \(label), but at least \
      \(needed) of either label are needed to compare them
      """
    case .unknownPart(let path, let line, let found):
      """
      line \(line) of \(ByteString(path)) is of split "\(ByteString(found))", but a file with the column \
      split says \(PromptPart.allCases.map(\.rawValue).joined(separator: ", ")) for every prompt
      """
    case .dividedPart(let path, let ids, let parts):
      """
      \(ByteString(path)) has \(ids.map { "\(ByteString($0))" }.joined(separator: " and ")) of one group, pair or \
      text in the splits \(parts.map(\.rawValue).joined(separator: " and ")), so that what is reported would \
      have been seen before; give prompts that belong together one split
      """
    case .emptyPart(let path, let part, let label, let isDrawn):
      """
      \(ByteString(path)) has no prompt of label \(label) \
      \(isDrawn ? "in the groups drawn for" : "of split") \(part.rawValue); \
      \(isDrawn ? "give prompts of more groups, or a column split" : "give every split prompts of both labels")
      """
    }
  }
}
