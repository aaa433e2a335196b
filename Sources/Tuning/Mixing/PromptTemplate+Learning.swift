import Foundation

extension PromptTemplate {
  /// Prompts a template is learned from, at most.
  public static let sampleCount = 200
  /// Fewer prompts than this are no evidence of a format.
  static let leastCount = 5
  /// Share of the prompts that a template must explain.
  static let leastSupport = 0.6
  /// Share of a slot's values that must be lists, for it to hold options.
  private static let listSupport = 0.8
  /// Words by which the label of a question slot is known.
  private static let questionWords: Set<String> = [
    "question", "instruction", "request", "query", "prompt", "task", "problem", "user",
  ]

  /// What learning came to.
  enum Learned {
    /// Prompts share this form.
    case template(PromptTemplate)
    /// Prompts share nothing, as in plain chat.
    case plain
    /// Parts of the prompts have different forms.
    case severalFormats
    /// The prompts are too few, all the same, or the best form explains too few of them.
    case unclear(support: Double)
  }

  /// Learns the form of prompts that are given in random order.
  static func learn(_ prompts: [String]) -> Learned {
    guard prompts.count >= leastCount, Set(prompts).count > 1 else { return .unclear(support: 0) }
    let learner = TemplateLearner(prompts)
    guard let found = learner.segments() else {
      return learner.strands().isEmpty ? .plain : .severalFormats
    }
    guard found.support >= leastSupport else { return .unclear(support: found.support) }
    let merged = OptionMerge(found.fixed)
    let values = prompts.compactMap { prompt in
      TemplateParse.values(
        in: Array(prompt.utf8), fixed: merged.fixed.map { Array($0.utf8) }, isList: merged.isList)
    }
    guard !values.isEmpty else { return .unclear(support: 0) }
    var slots = merged.isList.indices.map { index in slot(values: values.map { $0[index] }) }
    let texts = slots.indices.filter { slots[$0].kind != .choices }
    guard isForm(values.map { row in texts.map { row[$0] } }) else { return .severalFormats }
    guard let question = questionSlot(slots, after: merged.fixed) else {
      return .unclear(support: found.support)
    }
    slots[question].kind = .question
    return .template(
      PromptTemplate(
        fixed: merged.fixed, slots: slots,
        support: Double(values.count) / Double(prompts.count)))
  }

  /// Whether the template by itself is the form of a considerable part of the prompts.
  ///
  /// Labels inside its slots are either optional parts, which the other prompts lack, or signs of several
  /// formats of which the template is only what they share.
  ///
  /// - Parameter values: the values of the slots that hold text, a row a prompt.
  /// - Returns: whether enough prompts have no such label.
  private static func isForm(_ values: [[String]]) -> Bool {
    guard let first = values.first else { return false }
    let strands = first.indices.reduce(into: Set<TextPiece>()) { strands, slot in
      strands.formUnion(TemplateLearner(values.map { $0[slot] }).strands())
    }
    let free = values.count { row in
      row.allSatisfy { strands.isDisjoint(with: TextPiece.pieces(of: $0)) }
    }
    return Double(free) >= TemplateLearner.strandSupport * Double(values.count)
  }

  private static func slot(values: [String]) -> Slot {
    let count = Double(values.count)
    let lists = values.count { OptionList($0) != nil }
    return Slot(
      kind: Double(lists) >= listSupport * count ? .choices : .context,
      medianLength: values.map(\.count).sorted()[values.count / 2],
      distinctShare: Double(Set(values).count) / count,
      emptyShare: Double(values.count { $0.isBlank }) / count)
  }

  /// The slot for a request: the one whose label says so, else the longest of those that vary most.
  private static func questionSlot(_ slots: [Slot], after fixed: [String]) -> Int? {
    let texts = slots.indices.filter { slots[$0].kind != .choices }
    let named = texts.filter { index in
      let line = fixed[index].split(whereSeparator: \.isNewline).last ?? ""
      let labels = line.split(separator: ":").map { label in
        label.lowercased().split { !$0.isLetter }.last.map(String.init) ?? ""
      }
      return !questionWords.isDisjoint(with: labels)
    }
    if named.count == 1 { return named[0] }
    guard let most = texts.map({ slots[$0].distinctShare }).max() else { return nil }
    return texts.filter { slots[$0].distinctShare >= most - 0.05 }
      .max { (slots[$0].medianLength, $1) < (slots[$1].medianLength, $0) }
  }
}
