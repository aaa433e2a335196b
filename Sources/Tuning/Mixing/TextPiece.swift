/// A word with the white space before it; a text's pieces in a row are the text.
struct TextPiece: Hashable {
  /// White space, empty where the word begins the text.
  let space: String
  /// The word, empty for white space that ends a text.
  let word: String

  /// The two together.
  var text: String { space + word }

  /// Whether a line begins with the word.
  var beginsLine: Bool { space.contains(where: \.isNewline) }

  /// Whether more than letters, digits and apostrophes is in the word, as in a field's label.
  var hasMark: Bool { word.contains { !($0.isLetter || $0.isNumber || $0 == "'" || $0 == "’") } }

  /// The pieces of a text.
  static func pieces(of text: String) -> [TextPiece] {
    var pieces: [TextPiece] = []
    var rest = text[...]
    while !rest.isEmpty {
      let space = rest.prefix(while: \.isWhitespace)
      rest = rest[space.endIndex...]
      let word = rest.prefix { !$0.isWhitespace }
      rest = rest[word.endIndex...]
      pieces.append(TextPiece(space: String(space), word: String(word)))
    }
    return pieces
  }
}

/// The longest common subsequence of two texts' pieces, where some pieces weigh more than others.
enum CommonSubsequence {
  /// Which of the first pieces have a partner among the second.
  ///
  /// - Parameters:
  ///   - first: pieces, each with its weight.
  ///   - second: pieces.
  /// - Returns: for each of the first whether it is part of the heaviest common subsequence.
  static func matches(_ first: [(piece: TextPiece, weight: Int)], _ second: [TextPiece]) -> [Bool] {
    let width = second.count + 1
    var best = [Int](repeating: 0, count: (first.count + 1) * width)
    for row in first.indices.reversed() {
      for column in second.indices.reversed() {
        let skipped = max(best[(row + 1) * width + column], best[row * width + column + 1])
        let isSame = first[row].piece == second[column]
        let taken = isSame ? first[row].weight + best[(row + 1) * width + column + 1] : 0
        best[row * width + column] = max(skipped, taken)
      }
    }
    var matched = [Bool](repeating: false, count: first.count)
    var row = 0
    var column = 0
    while row < first.count, column < second.count {
      let here = best[row * width + column]
      if first[row].piece == second[column],
        here == first[row].weight + best[(row + 1) * width + column + 1]
      {
        matched[row] = true
        row += 1
        column += 1
      } else if here == best[(row + 1) * width + column] {
        row += 1
      } else {
        column += 1
      }
    }
    return matched
  }
}
