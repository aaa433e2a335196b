extension String {
  /// The text with everything escaped that a terminal would act on rather than show.
  var escapedForTerminal: String {
    var shown = ""
    for scalar in unicodeScalars {
      switch scalar.value {
      case 0..<0x20, 0x7F...0x9F, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF:
        shown += scalar.escaped(asASCII: true)
      default:
        shown.unicodeScalars.append(scalar)
      }
    }
    return shown
  }

  /// The text as Markdown that shows it letter by letter, in a paragraph or a table.
  var escapedForMarkdown: String {
    if isPlainName { return self }
    var shown = ""
    for scalar in escapedForTerminal.unicodeScalars {
      switch scalar {
      case "!"..."/", ":"..."@", "["..."`", "{"..."~":
        // A backslash before any ASCII punctuation stands for the character itself.
        shown += "\\"
      default: break
      }
      shown.unicodeScalars.append(scalar)
    }
    return shown
  }

  /// Whether this is letters and digits joined by single dots, dashes and underscores, which mean
  /// nothing in Markdown when they stand inside a word.
  private var isPlainName: Bool {
    !lowercased().hasPrefix("www.")
      && split(omittingEmptySubsequences: false) { "._-".contains($0) }.allSatisfy { part in
        !part.isEmpty
          && part.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
              || (0x61...0x7A).contains(byte)
          }
      }
  }
}
