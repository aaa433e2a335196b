import Statistics
import Tokenization

/// The auditor's own metric: a number for each item before the tuning and one after it, measured elsewhere.
public struct MetricFile: Sendable {
  /// The file.
  public let path: String
  /// Digest of its content.
  public let digest: String
  /// The numbers before, in the order of the file.
  public let before: [Double]
  /// The numbers after, in the same order.
  public let after: [Double]
  /// Items that are no independent evidence.
  let clusters: Clusters

  /// Reads a CSV or JSONL file with the columns `item`, `before` and `after`, and `group` where items go together.
  ///
  /// - Throws: `AuditError.line`, and what `PromptSet` throws.
  public init(path: String) throws {
    let set = try PromptSet(path: path, column: "item")
    self.path = path
    digest = set.digest
    var lines: [String: Int] = [:]
    var groups: [String: Int] = [:]
    var (before, after, clusters): ([Double], [Double], [Int]) = ([], [], [])
    for row in set.prompts {
      func fault(_ problem: String) -> AuditError {
        .line(path: path, line: row.line, problem: problem)
      }
      func number(_ side: AuditSide) throws -> Double {
        guard let number = row.column(side.rawValue).flatMap({ Double($0) }), number.isFinite else {
          throw fault("has no number in the column \(side.rawValue)")
        }
        return number
      }
      if let first = lines.updateValue(row.line, forKey: row.messages[0].content) {
        throw fault("has the item of line \(first) again; keep one line for each item")
      }
      before.append(try number(.before))
      after.append(try number(.after))
      let index = clusters.count
      clusters.append(
        row.group.map { group in
          let cluster = groups[group] ?? index
          groups[group] = cluster
          return cluster
        } ?? index)
    }
    self.before = before
    self.after = after
    self.clusters = Clusters(indices: clusters)
  }
}
