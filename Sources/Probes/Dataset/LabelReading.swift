public import ModelFiles

/// How a label column is turned into two classes.
public struct LabelReading: Sendable {
  /// The class of each row; nil where the label is empty.
  public let classes: [Int?]
  /// What class 1 means, for the report.
  public let meaningOfOne: String
  /// What class 0 means, for the report.
  public let meaningOfZero: String

  /// Words that mean class 1, in any case.
  private static let positives: Set<ByteString> = ["1", "true", "harmful"]
  /// Words that mean class 0, in any case.
  private static let negatives: Set<ByteString> = ["0", "false", "harmless"]

  /// Whether a label is one of the words that have a class of their own.
  static func hasClass(_ label: ByteString) -> Bool {
    let word = lowercased(label)
    return positives.contains(word) || negatives.contains(word)
  }

  private static func lowercased(_ label: ByteString) -> ByteString {
    ByteString(label.bytes.map { (65...90).contains($0) ? $0 + 32 : $0 })
  }

  /// Reads a column of labels.
  ///
  /// A row without a label has nil or an empty one; `ids` name the rows in messages. With `positive`,
  /// that label is class 1 and every other class 0; without, only the words 0 and 1, true and false,
  /// harmful and harmless are accepted.
  public init(
    _ labels: [ByteString?], ids: [ByteString], positive: ByteString?,
    positiveMayBeAbsent: Bool = false
  ) throws(ProbeError) {
    precondition(labels.count == ids.count, "\(labels.count) labels, \(ids.count) ids")
    var classes: [Int?] = []
    classes.reserveCapacity(labels.count)
    var words: [Set<ByteString>] = [[], []]
    for (label, id) in zip(labels, ids) {
      guard let label, !label.bytes.isEmpty else {
        classes.append(nil)
        continue
      }
      let value: Int
      if let positive {
        value = label == positive ? 1 : 0
      } else {
        let word = Self.lowercased(label)
        if Self.positives.contains(word) {
          value = 1
        } else if Self.negatives.contains(word) {
          value = 0
        } else {
          throw .unknownLabel(value: label, prompt: id)
        }
      }
      words[value].insert(label)
      classes.append(value)
    }
    if let positive, words[1].isEmpty, !positiveMayBeAbsent {
      throw .positiveLabelAbsent(value: positive, found: words[0].sorted())
    }
    self.classes = classes
    self.meaningOfOne = Self.sentence(words[1])
    self.meaningOfZero = Self.sentence(words[0])
  }

  private static func sentence(_ words: Set<ByteString>) -> String {
    let shown = words.sorted().prefix(4).map(\.description)
    return shown.joined(separator: ", ") + (words.count > 4 ? ", …" : "")
  }
}
