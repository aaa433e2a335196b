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
}
