/// What a user's prompts have in common: fixed segments with slots between them.
public struct PromptTemplate: Sendable, Hashable, Codable {
  /// What stands between two fixed segments.
  public struct Slot: Sendable, Hashable, Codable {
    /// What a slot holds.
    public enum Kind: String, Sendable, Codable {
      /// What is asked.
      case question
      /// Other text, such as a passage.
      case context
      /// A list of options to choose from.
      case choices
    }

    /// What it holds.
    public var kind: Kind
    /// Median length of its values, in characters.
    public var medianLength: Int
    /// Share of its values that differ from each other.
    public var distinctShare: Double
    /// Share of its values that are empty.
    public var emptyShare: Double
  }

  /// The segments in order, one more than slots; the first and the last may be empty.
  public let fixed: [String]
  /// The slots in order, at least one.
  public let slots: [Slot]
  /// Share of the prompts it was learned from that it explains.
  public let support: Double

  /// The template of prompts with nothing in common: all of a prompt is the question.
  public static let plain = PromptTemplate(
    fixed: ["", ""],
    slots: [Slot(kind: .question, medianLength: 0, distinctShare: 1, emptyShare: 0)], support: 1)

  init(fixed: [String], slots: [Slot], support: Double) {
    precondition(fixed.count == slots.count + 1, "\(fixed.count) segments, \(slots.count) slots")
    self.fixed = fixed
    self.slots = slots
    self.support = support
  }

  /// Whether any words are fixed.
  public var hasFixedText: Bool { !fixedText.isEmpty }

  /// The fixed segments that are more than white space.
  public var fixedText: [String] {
    fixed.filter { $0.contains { !$0.isWhitespace } }
  }

  /// The slot where a request goes.
  public var questionSlot: Int? { slots.firstIndex { $0.kind == .question } }

  /// The prompt with these values in the slots.
  public func rendered(_ values: [String]) -> String {
    precondition(values.count == slots.count, "\(values.count) values, \(slots.count) slots")
    return zip(fixed, values).map { $0 + $1 }.joined() + fixed[slots.count]
  }

  /// The values of the slots in a prompt; nil where it is not of this form.
  public func values(in prompt: String) -> [String]? {
    TemplateParse.values(
      in: Array(prompt.utf8), fixed: fixed.map { Array($0.utf8) },
      isList: slots.map { $0.kind == .choices })
  }

  /// Share of the fixed segments that a prompt has, in their order.
  public func fixedShare(of prompt: String) -> Double {
    let wanted = fixedText
    guard !wanted.isEmpty else { return 1 }
    let bytes = Array(prompt.utf8)
    var start = 0
    var found = 0
    for segment in wanted {
      guard let place = bytes.firstRange(of: Array(segment.utf8), from: start) else { continue }
      found += 1
      start = place.upperBound
    }
    return Double(found) / Double(wanted.count)
  }
}

/// Finds the slots of a template in a prompt.
enum TemplateParse {
  /// Tries at most this many places of segments.
  private static let patience = 10_000

  /// The values between the segments, the earliest places first; nil where there are none.
  static func values(in text: [UInt8], fixed: [[UInt8]], isList: [Bool]) -> [String]? {
    guard let first = fixed.first, let last = fixed.last, text.starts(with: first),
      text.count >= first.count + last.count, text.suffix(last.count).elementsEqual(last)
    else { return nil }
    var left = patience
    let end = text.count - last.count
    return search(text, fixed, isList, slot: 0, start: first.count, end: end, &left)
  }

  private static func search(
    _ text: [UInt8], _ fixed: [[UInt8]], _ isList: [Bool], slot: Int, start: Int, end: Int,
    _ left: inout Int
  ) -> [String]? {
    func value(_ range: Range<Int>) -> String? {
      let value = String(decoding: text[range], as: UTF8.self)
      return isList[slot] && OptionList(value) == nil ? nil : value
    }
    if slot == isList.count - 1 {
      guard start <= end else { return nil }
      return value(start..<end).map { [$0] }
    }
    var from = start
    while left > 0, let place = text.firstRange(of: fixed[slot + 1], from: from, to: end) {
      left -= 1
      if let found = value(start..<place.lowerBound),
        let rest = search(
          text, fixed, isList, slot: slot + 1, start: place.upperBound, end: end, &left)
      {
        return [found] + rest
      }
      from = place.lowerBound + 1
    }
    return nil
  }
}

extension [UInt8] {
  /// Where bytes first occur at or after a place.
  func firstRange(of pattern: [UInt8], from start: Int, to end: Int? = nil) -> Range<Int>? {
    let end = end ?? count
    guard start <= end - pattern.count else { return nil }
    guard let first = pattern.first else { return start..<start }
    for place in start...(end - pattern.count)
    where self[place] == first && self[place..<place + pattern.count].elementsEqual(pattern) {
      return place..<place + pattern.count
    }
    return nil
  }
}
