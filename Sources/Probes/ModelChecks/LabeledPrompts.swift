import Activations
import ModelFiles
public import Tokenization

/// Which part of the data a prompt is for.
public enum PromptPart: String, Codable, Sendable, CaseIterable {
  /// To fit on.
  case train
  /// To choose by.
  case dev
  /// To report on.
  case test
}

/// Which columns of a prompt file say what.
public struct LabelColumns: Sendable {
  /// The column with the labels.
  public var label: String
  /// The label that is class 1; nil accepts 0 and 1, true and false, harmful and harmless.
  public var positive: String?
  /// The column with the groups; nil takes `group` where there is one.
  public var group: String?

  /// Names columns.
  public init(label: String = "label", positive: String? = nil, group: String? = nil) {
    self.label = label
    self.positive = positive
    self.group = group
  }
}

/// The labelled prompts of a file as a model reads them.
public struct LabeledPrompts: Sendable {
  /// The file.
  public let path: String
  /// Their names in the file.
  public let ids: [String]
  /// Their tokens.
  public let tokens: [TokenizedPrompt]
  /// Their classes, groups and pairs.
  public let prompts: [ProbePrompt]
  /// The part of the data each of them is for; nil where the file does not say.
  public let parts: [PromptPart]?
  /// What class 1 means.
  public let meaningOfOne: String
  /// What class 0 means.
  public let meaningOfZero: String
  /// The column of the groups; nil where there is none, so that every prompt is a group of its own.
  public let groupColumn: String?
  /// Prompts that were left out because they have no label.
  public let unlabeledCount: Int

  /// Fewest prompts of either class that are worth a look.
  public static let leastPerClass = 8

  /// Reads the labels of a file's prompts and tokenizes those that have one.
  ///
  /// - Parameters:
  ///   - set: the file's prompts.
  ///   - columns: which of its columns say what.
  ///   - encoder: the model's tokenizer and template.
  /// - Throws: `LabeledPromptsError` where labels are missing or of one class only, `ProbeError` for a label
  ///   that is no class, `PromptFailure` for a prompt that cannot be rendered.
  public init(_ set: PromptSet, _ columns: LabelColumns, encoder: PromptEncoder) throws {
    guard set.prompts.contains(where: { $0.value(of: columns.label)?.isEmpty == false }) else {
      throw LabeledPromptsError.noLabels(path: set.path, column: columns.label)
    }
    let reading = try LabelReading(set, columns)
    let kept = set.prompts.indices.filter { reading.classes[$0] != nil }
    try Self.demandEnough(of: [0, 1], kept.compactMap { reading.classes[$0] }, path: set.path)
    try self.init(
      set, kept, classes: kept.map { reading.classes[$0] ?? 0 }, reading, columns, encoder)
  }

  /// Takes a file's prompts of class 0 and those without a label, as prompts of class 0.
  ///
  /// - Parameters:
  ///   - set: the file's prompts.
  ///   - columns: which of its columns say what.
  ///   - encoder: the model's tokenizer and template.
  /// - Throws: `LabeledPromptsError` where too few are left, `ProbeError` for a label that is no class,
  ///   `PromptFailure` for a prompt that cannot be rendered.
  public init(lookalikes set: PromptSet, _ columns: LabelColumns, encoder: PromptEncoder) throws {
    let reading = try LabelReading(set, columns, positiveMayBeAbsent: true)
    let kept = set.prompts.indices.filter { reading.classes[$0] != 1 }
    try Self.demandEnough(of: [0], kept.map { _ in 0 }, path: set.path)
    try self.init(set, kept, classes: kept.map { _ in 0 }, reading, columns, encoder)
  }

  private init(
    _ set: PromptSet, _ kept: [Int], classes: [Int], _ reading: LabelReading,
    _ columns: LabelColumns, _ encoder: PromptEncoder
  ) throws {
    let groups = set.prompts.map { $0.value(of: columns.group ?? "group") }
    let hasGroups = groups.contains { $0 != nil }
    if let column = columns.group, !hasGroups {
      throw LabeledPromptsError.noGroups(path: set.path, column: column)
    }
    let tokens = try kept.map { index in
      try naming(set.prompts[index], of: set) { try encoder.encode(set.prompts[index].messages) }
    }
    path = set.path
    ids = kept.map { set.prompts[$0].id }
    self.tokens = tokens
    prompts = kept.indices.map { place in
      let prompt = set.prompts[kept[place]]
      return ProbePrompt(
        label: classes[place], group: groups[kept[place]].map { ByteString($0) },
        pair: prompt.pair.map { ByteString($0) },
        textDigest: ByteString(tokens[place].textDigest),
        source: prompt.source.map { ByteString($0) },
        userTokens: zip(tokens[place].ids, tokens[place].roles).filter { $0.1 == .user }.map(\.0))
    }
    parts = try Self.parts(of: kept.map { set.prompts[$0] }, path: set.path)
    meaningOfOne = reading.meaningOfOne
    meaningOfZero = reading.meaningOfZero
    groupColumn = hasGroups ? columns.group ?? "group" : nil
    unlabeledCount = reading.classes.count { $0 == nil }
  }

  /// Refuses classes of too few prompts to compare.
  private static func demandEnough(
    of wanted: [Int], _ classes: [Int], path: String
  ) throws(LabeledPromptsError) {
    for label in wanted {
      let count = classes.count { $0 == label }
      guard count >= leastPerClass else {
        throw .tooFew(path: path, label: label, found: count, needed: leastPerClass)
      }
    }
  }

  /// Reads the column `split`, which names a part for every prompt or for none.
  private static func parts(
    of prompts: [Prompt], path: String
  ) throws(LabeledPromptsError) -> [PromptPart]? {
    guard prompts.contains(where: { $0.split != nil }) else { return nil }
    var parts: [PromptPart] = []
    for prompt in prompts {
      guard let part = prompt.split.flatMap({ PromptPart(rawValue: $0) }) else {
        throw .unknownPart(path: path, line: prompt.line, found: prompt.split ?? "")
      }
      parts.append(part)
    }
    return parts
  }
}

extension LabelReading {
  /// Reads the labels of a file's prompts.
  fileprivate init(
    _ set: PromptSet, _ columns: LabelColumns, positiveMayBeAbsent: Bool = false
  ) throws(ProbeError) {
    try self.init(
      set.prompts.map { $0.value(of: columns.label).map { ByteString($0) } },
      ids: set.prompts.map { ByteString($0.id) },
      positive: columns.positive.map { ByteString($0) }, positiveMayBeAbsent: positiveMayBeAbsent)
  }
}
