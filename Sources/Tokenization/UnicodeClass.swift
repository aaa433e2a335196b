/// What a pre-tokenizer wants to know of a scalar.
package enum UnicodeClass: UInt8 {
  /// Neither of the following, or not assigned in the edition asked for.
  case other
  /// Not a letter, mark or number, yet part of a word: circled letters, zero-width joiners.
  case word
  /// Lu or Lt.
  case upper
  /// Ll.
  case lower
  /// Lm or Lo.
  case letter
  /// M.
  case mark
  /// No.
  case number
  /// Nd or Nl.
  case digit
  /// White_Space.
  case space
  /// P, without the following.
  case punctuation
  /// Pc.
  case connector

  package var isLetter: Bool { (UInt8(2)...4).contains(rawValue) }
  package var isNumber: Bool { self == .number || self == .digit }
  package var isPunctuation: Bool { self == .punctuation || self == .connector }

  /// The `\w` of Rust's regular expressions, which decides where a word ends.
  var isWord: Bool {
    switch self {
    case .word, .upper, .lower, .letter, .mark, .digit, .connector: true
    case .other, .number, .space, .punctuation: false
    }
  }
}

/// The version of Unicode a reference tokenizer was built with.
package enum UnicodeEdition: Int {
  /// Version 15, in the tables of llama.cpp.
  case fifteen
  /// Version 16, in Oniguruma, which matches HuggingFace's patterns.
  case sixteen
  /// Version 17, in Rust's standard library, which finds HuggingFace's digits.
  case seventeen
}

/// The class of every scalar in one edition of Unicode.
///
/// The operating system's own tables are not asked: their version differs from the references' by some
/// 4,600 letters, and from one system to the next.
package struct UnicodeClasses: Sendable {
  private let pages: PagedTable

  static let fifteen = UnicodeClasses(.fifteen)
  static let sixteen = UnicodeClasses(.sixteen)
  static let seventeen = UnicodeClasses(.seventeen)

  private init(_ edition: UnicodeEdition) {
    var packed = PackedNumbers(UnicodeClassTable.packed)
    var runs: [PagedTable.Run] = []
    while let number = packed.next() {
      let code = number % 33
      let isKnown = code / 11 <= edition.rawValue
      runs.append(
        PagedTable.Run(
          length: number / 33 + 1, value: isKnown ? UInt8(code % 11) : UnicodeClass.other.rawValue))
    }
    pages = PagedTable(runs)
  }

  package static func of(_ edition: UnicodeEdition) -> UnicodeClasses {
    switch edition {
    case .fifteen: fifteen
    case .sixteen: sixteen
    case .seventeen: seventeen
    }
  }

  /// The class of a scalar below 0x110000.
  package subscript(scalar: UInt32) -> UnicodeClass {
    UnicodeClass(rawValue: pages[scalar]) ?? .other
  }
}
