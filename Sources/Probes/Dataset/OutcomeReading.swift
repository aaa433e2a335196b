public import ModelFiles

/// What a label column asks for: two classes, several, or numbers.
public enum OutcomeReading: Sendable {
  /// Class 1 against class 0.
  case binary(LabelReading)
  /// One of several classes, by its place among the names; nil where the label is empty.
  case classes([Int?], names: [ByteString])
  /// Numbers; nil where the label is empty.
  case numbers([Double?])

  /// With more distinct words a column names its rows rather than classes.
  static let classLimit = 20

  /// Reads a column of labels.
  ///
  /// Two classes where one is named as positive, or where every label is one of the words that have a
  /// class of their own (LabelReading). Numbers where every label is a finite decimal and they are
  /// either not all whole or more than classes could be. Otherwise every distinct label is a class,
  /// named by its bytes and in their order.
  public init(
    _ labels: [ByteString?], ids: [ByteString], positive: ByteString?,
    positiveMayBeAbsent: Bool = false
  ) throws {
    let binary = try twoClasses(
      labels, ids: ids, positive: positive, positiveMayBeAbsent: positiveMayBeAbsent)
    if let binary {
      self = .binary(binary)
      return
    }
    let words = labels.map { label in label.flatMap { $0.bytes.isEmpty ? nil : $0 } }
    let distinct = Set(words.compactMap { $0 }).sorted()
    let numbers = words.map { word in word.flatMap(finiteDecimal) }
    if zip(words, numbers).allSatisfy({ ($0 == nil) == ($1 == nil) }) {
      let areWhole = numbers.allSatisfy { $0.map { $0 == $0.rounded() } ?? true }
      if !areWhole || distinct.count > Self.classLimit {
        self = .numbers(numbers)
        return
      }
    }
    guard distinct.count > 1 else { throw OutcomeError.oneWord(distinct) }
    guard distinct.count <= Self.classLimit else {
      let other = zip(words, numbers).first { $0 != nil && $1 == nil }
      throw OutcomeError.tooManyWords(
        found: distinct.count, limit: Self.classLimit, example: other?.0 ?? distinct[0])
    }
    var places: [ByteString: Int] = [:]
    for (place, word) in distinct.enumerated() { places[word] = place }
    self = .classes(words.map { word in word.flatMap { places[$0] } }, names: distinct)
  }
}

/// What the labels of a dataset's prompts are.
public enum StoredOutcome: Sendable {
  /// Two classes, which the prompts carry as their labels.
  case binary
  /// One of several classes, by its place among the names; the prompts' own labels mean nothing.
  case classes([Int], names: [ByteString])
  /// Numbers; the prompts' own labels mean nothing.
  case numbers([Double])
}

extension OutcomeReading {
  /// The label that a prompt carries: its class, or 0 where there are not two; nil where it is empty.
  func label(of prompt: Int) -> Int? {
    switch self {
    case .binary(let reading): reading.classes[prompt]
    case .classes(let classes, _): classes[prompt].map { _ in 0 }
    case .numbers(let numbers): numbers[prompt].map { _ in 0 }
    }
  }

  /// The labels of some prompts, none of them empty.
  func outcome(of prompts: [Int]) -> StoredOutcome {
    switch self {
    case .binary: .binary
    case .classes(let classes, let names):
      Self.present(prompts.compactMap { classes[$0] }, names: names)
    case .numbers(let numbers): .numbers(prompts.compactMap { numbers[$0] })
    }
  }

  /// Classes numbered anew, without those that no prompt has.
  private static func present(_ classes: [Int], names: [ByteString]) -> StoredOutcome {
    let used = Set(classes).sorted()
    var places: [Int: Int] = [:]
    for (place, number) in used.enumerated() { places[number] = place }
    return .classes(classes.compactMap { places[$0] }, names: used.map { names[$0] })
  }

  /// What class 1 means, for the report.
  var meaningOfOne: String {
    switch self {
    case .binary(let reading): reading.meaningOfOne
    case .classes(_, let names): names.map(\.description).joined(separator: ", ")
    case .numbers: "a number"
    }
  }

  /// What class 0 means, for the report.
  var meaningOfZero: String {
    guard case .binary(let reading) = self else { return "none" }
    return reading.meaningOfZero
  }
}

/// Fewest prompts of a word among words that have a class of their own for it to be another class.
private let leastPrompts = 3
/// The most different slips of the pen in a column; beyond, the words mean something.
private let mostSlips = 5

/// The two classes of a column; nil where no label, or only numbers, have a class of their own.
///
/// A word that is none of those among words that are is a class when several prompts carry it, and a slip of
/// the pen when hardly any does.
private func twoClasses(
  _ labels: [ByteString?], ids: [ByteString], positive: ByteString?, positiveMayBeAbsent: Bool
) throws -> LabelReading? {
  let given = labels.compactMap { $0 }.filter { !$0.bytes.isEmpty }
  let strangers = given.filter { !LabelReading.hasClass($0) }
  let isSlip =
    strangers.count < given.count && strangers.contains { finiteDecimal($0) == nil }
    && Set(strangers).count <= mostSlips
    && Set(strangers).contains { word in strangers.count { $0 == word } < leastPrompts }
  guard positive != nil || strangers.isEmpty || isSlip else { return nil }
  return try LabelReading(
    labels, ids: ids, positive: positive, positiveMayBeAbsent: positiveMayBeAbsent)
}

/// The finite number that a text spells in decimal digits; nil where it spells none.
private func finiteDecimal(_ text: ByteString) -> Double? {
  // Double would read hexadecimal and the names of what is no number too.
  let isDecimal = text.bytes.allSatisfy { byte in
    (0x30...0x39).contains(byte) || [0x2B, 0x2D, 0x2E, 0x45, 0x65].contains(byte)
  }
  guard isDecimal, let value = Double(text.string), value.isFinite else { return nil }
  return value
}
