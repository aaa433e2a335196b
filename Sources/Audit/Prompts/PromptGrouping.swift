import Statistics

/// How it is known which prompts go together.
public enum PromptGrouping: String, Codable, Sendable {
  /// The file names groups.
  case labels
  /// Prompts that share more than half of the shorter one's runs of five words go together.
  case overlap

  /// Words in a run.
  static let runLength = 5
  /// The share of runs that two prompts have in common, above which they go together.
  static let overlapLimit = 0.5

  /// Groups prompts by their labels, or by their words where no prompt has any; equal texts always go together.
  static func clusters(of prompts: [AuditPrompt]) -> (Clusters, PromptGrouping) {
    let singles = Clusters(indices: Array(prompts.indices))
    let texts = ties(prompts.map(\.digest))
    if prompts.contains(where: { $0.group != nil }) {
      return (singles.joining(texts + ties(prompts.map(\.group))), .labels)
    }
    let runs = prompts.map { wordRuns(of: $0.userText, length: runLength) }
    return (singles.joining(texts + overlaps(runs)), .overlap)
  }

  /// Each row and the first with its value.
  private static func ties(_ values: [String?]) -> [(Int, Int)] {
    var firsts: [String: Int] = [:]
    var ties: [(Int, Int)] = []
    for (row, value) in values.enumerated() {
      guard let value, !value.isEmpty else { continue }
      if let first = firsts[value] { ties.append((first, row)) } else { firsts[value] = row }
    }
    return ties
  }

  /// Rows that have enough runs in common.
  private static func overlaps(_ runs: [Set<String>]) -> [(Int, Int)] {
    var having: [String: [Int]] = [:]
    var ties: [(Int, Int)] = []
    for (row, own) in runs.enumerated() {
      var shared: [Int: Int] = [:]
      for run in own {
        for other in having[run] ?? [] { shared[other, default: 0] += 1 }
        having[run, default: []].append(row)
      }
      for (other, count) in shared.sorted(by: { $0.key < $1.key })
      where Double(count) > overlapLimit * Double(min(own.count, runs[other].count)) {
        ties.append((other, row))
      }
    }
    return ties
  }
}

/// The different runs of so many words of a text, in lower case and without marks; a shorter text is one run.
func wordRuns(of text: String, length: Int) -> Set<String> {
  let words = text.lowercased().split { !($0.isLetter || $0.isNumber) }
  if words.isEmpty { return [] }
  if words.count <= length { return [words.joined(separator: " ")] }
  return Set(
    (0...words.count - length).map { words[$0..<$0 + length].joined(separator: " ") })
}
