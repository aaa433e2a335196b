/// Cuts text into the pieces within which tokens are merged.
///
/// Each step cuts every piece of the one before. All steps are scanners written by hand over Unicode
/// scalars: the patterns in model files are recognised by their text and never run, so no file can bring
/// one that takes for ever.
package struct PreTokenizer: Sendable {
  /// One rule for cutting.
  package enum Rule: Sendable, Equatable {
    /// GPT-2's pattern.
    case gpt2
    /// Llama 3's pattern and, with digits one by one, Qwen 2's.
    case cl100k(digits: Int, foldsLongS: Bool)
    /// The pattern of Mistral's Tekken.
    case tekken(TekkenCase)
    /// Numbers apart from the rest, as runs or digit by digit.
    case numbers(individually: Bool)
    /// Three ASCII digits at a time apart from the rest.
    case digitTriples
    /// Runs of punctuation and of `$+<=>^~|` apart from the rest.
    case punctuation
    /// Before every occurrence of these bytes.
    case beforeEach([UInt8])
    /// Before every run of these bytes.
    case beforeRuns([UInt8])
  }

  /// How Tekken's pattern tells upper from lower case.
  package enum TekkenCase: Sendable, Equatable {
    /// By category; marks and letters without case are both.
    case byCategory
    /// llama.cpp's approximation: only a-z are not upper, only A-Z not lower, marks neither.
    case ascii
  }

  private let scanners: [PieceScanner]
  /// The rules and their editions, in words.
  let description: String

  /// Rules and the edition of Unicode by which each tells letters.
  package init(_ rules: [(rule: Rule, edition: UnicodeEdition)]) {
    description = rules.map { "\($0.rule) by \($0.edition)" }.joined(separator: ", ")
    scanners = rules.map { PieceScanner(rule: $0.rule, classes: .of($0.edition)) }
  }

  /// Calls `body` with every piece of a range, in order.
  package func forEachPiece(of text: [UInt8], _ range: Range<Int>, do body: (Range<Int>) -> Void) {
    cut(text, range, from: 0, do: body)
  }

  private func cut(
    _ text: [UInt8], _ range: Range<Int>, from step: Int, do body: (Range<Int>) -> Void
  ) {
    guard step < scanners.count else {
      if !range.isEmpty { body(range) }
      return
    }
    var start = range.lowerBound
    while start < range.upperBound {
      let end = scanners[step].pieceEnd(in: text, from: start, before: range.upperBound)
      cut(text, start..<end, from: step + 1, do: body)
      start = end
    }
  }
}
