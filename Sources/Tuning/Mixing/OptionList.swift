/// A list of labelled options inside a prompt, such as "A) red\nB) green".
struct OptionList: Hashable, Sendable {
  /// One option as written.
  struct Option: Hashable, Sendable {
    /// White space before the label.
    var lead: String
    /// The label with its marks, such as "(A)" or "1.".
    var label: String
    /// White space after the label.
    var gap: String
    /// What the option says.
    var text: String
  }

  /// The options in order, at least two.
  var options: [Option]

  /// Reads a list that fills a text from its first label on; nil where the text is none.
  init?(_ text: String) {
    var options: [Option] = []
    var style: ListLabel?
    for piece in TextPiece.pieces(of: text) {
      if let label = ListLabel(piece.word), label.follows(style, after: options.count) {
        style = label
        options.append(Option(lead: piece.space, label: piece.word, gap: "", text: ""))
        continue
      }
      guard var option = options.popLast() else { return nil }
      if option.text.isEmpty {
        option.gap = piece.space
        option.text = piece.word
      } else {
        option.text += piece.text
      }
      options.append(option)
    }
    guard options.count >= 2 else { return nil }
    self.options = options
  }

  /// The list as text.
  var text: String { options.map { $0.lead + $0.label + $0.gap + $0.text }.joined() }
}

/// A word that labels an option: a letter or a number with a mark, or a bullet.
struct ListLabel: Hashable {
  private enum Body: Hashable {
    case upper
    case lower
    case number
    case bullet
  }

  private let body: Body
  private let marks: String
  /// Its place in the list, from 0; nil for bullets, which have none.
  private let ordinal: Int?
  /// What an answer names the option by.
  let name: String

  /// Reads a label; nil for any other word.
  init?(_ word: String) {
    if ["-", "*", "•"].contains(word) {
      body = .bullet
      marks = word
      ordinal = nil
      name = word
      return
    }
    let core = word.filter { $0.isASCII && ($0.isLetter || $0.isNumber) }
    let marks = word.filter { "()[].:".contains($0) }
    guard core.count + marks.count == word.count, !marks.isEmpty, let first = core.first,
      let byte = first.asciiValue
    else { return nil }
    if core.count == 1, ("A"..."Z").contains(first) {
      body = .upper
      ordinal = Int(byte - UInt8(ascii: "A"))
    } else if core.count == 1, ("a"..."z").contains(first) {
      body = .lower
      ordinal = Int(byte - UInt8(ascii: "a"))
    } else if core.count <= 2, let number = Int(core), number > 0 {
      body = .number
      ordinal = number - 1
    } else {
      return nil
    }
    self.marks = marks
    name = core
  }

  /// Whether the label continues a list of so many options in the style of the one before.
  func follows(_ previous: ListLabel?, after count: Int) -> Bool {
    if let previous, previous.body != body || previous.marks != marks { return false }
    return ordinal == nil || ordinal == count
  }
}
