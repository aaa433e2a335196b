import Testing
import Tokenization

@Suite("Pre-tokenizer")
struct PreTokenizerTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var rule: PreTokenizer.Rule
    var text: String
    var pieces: [String]
    var edition = UnicodeEdition.sixteen
    var testDescription: String { "\(rule) on \(text.debugDescription)" }
  }

  private static let llama3 = PreTokenizer.Rule.cl100k(digits: 3, foldsLongS: true)
  private static let qwen2 = PreTokenizer.Rule.cl100k(digits: 1, foldsLongS: true)
  private static let mark: [UInt8] = [0xE2, 0x96, 0x81]
  private static let tekken = PreTokenizer.Rule.tekken(.byCategory)

  private static let rows = [
    Row(rule: .gpt2, text: "I'll say 'TIS", pieces: ["I", "'ll", " say", " '", "TIS"]),
    Row(rule: .gpt2, text: "a   b", pieces: ["a", "  ", " b"]),
    Row(rule: .gpt2, text: "a \n", pieces: ["a", " \n"]),
    Row(rule: .gpt2, text: " 1234!? ", pieces: [" 1234", "!?", " "]),
    Row(rule: .gpt2, text: "\u{A0}x", pieces: ["\u{A0}", "x"]),
    Row(rule: .gpt2, text: "x\u{2028}\u{2028}y", pieces: ["x", "\u{2028}", "\u{2028}", "y"]),
    Row(rule: llama3, text: "I'LL it'ſ", pieces: ["I", "'LL", " it", "'ſ"]),
    Row(
      rule: .cl100k(digits: 3, foldsLongS: false), text: "it'ſ", pieces: ["it", "'ſ"],
      edition: .fifteen),
    Row(rule: llama3, text: "12345 !a", pieces: ["123", "45", " !", "a"]),
    Row(rule: llama3, text: "a\t\r\n\n  b", pieces: ["a", "\t\r\n\n", " ", " b"]),
    Row(rule: llama3, text: "x;\r\n\r\ny", pieces: ["x", ";\r\n\r\n", "y"]),
    Row(rule: llama3, text: "\t\tx", pieces: ["\t", "\tx"]),
    Row(rule: qwen2, text: "12 a", pieces: ["1", "2", " a"]),
    Row(rule: qwen2, text: "e\u{301}e", pieces: ["e", "\u{301}e"]),
    Row(rule: tekken, text: "HelloWORLDok", pieces: ["Hello", "WORLDok"]),
    Row(rule: tekken, text: "ABC/\n/d 12", pieces: ["ABC", "/\n/", "d", " ", "1", "2"]),
    Row(rule: tekken, text: "\u{301}A", pieces: ["\u{301}", "A"]),
    Row(rule: tekken, text: "字A", pieces: ["字", "A"]),
    Row(rule: .tekken(.ascii), text: "ÉCOLE", pieces: ["É", "COLE"], edition: .fifteen),
    Row(rule: .numbers(individually: true), text: "a12b½", pieces: ["a", "1", "2", "b", "½"]),
    Row(rule: .numbers(individually: false), text: "a12b½", pieces: ["a", "12", "b", "½"]),
    Row(rule: .digitTriples, text: "1234567x890", pieces: ["123", "456", "7x", "890"]),
    Row(rule: .punctuation, text: "a.+b`", pieces: ["a", ".+", "b`"]),
    Row(rule: .beforeEach(mark), text: "a▁▁b", pieces: ["a", "▁", "▁b"]),
    Row(rule: .beforeRuns(mark), text: "a▁▁b", pieces: ["a", "▁▁b"]),
  ]

  @Test("cuts as the pattern says", arguments: rows)
  func cuts(row: Row) {
    let text = Array(row.text.utf8)
    var pieces: [String] = []
    PreTokenizer([(row.rule, row.edition)]).forEachPiece(of: text, text.indices) {
      pieces.append(String(decoding: text[$0], as: UTF8.self))
    }
    #expect(pieces.map { Array($0.utf8) } == row.pieces.map { Array($0.utf8) }, "\(pieces)")
  }

  @Test("looks at nothing behind the end of a piece of an earlier rule")
  func nested() {
    let text = Array("  1 x".utf8)
    var ranges: [Range<Int>] = []
    PreTokenizer([(.numbers(individually: true), .seventeen), (.gpt2, .sixteen)])
      .forEachPiece(of: text, text.indices) { ranges.append($0) }
    #expect(ranges == [0..<2, 2..<3, 3..<5])
  }

  @Test("keeps all bytes of text that is not UTF-8")
  func invalid() {
    let text: [UInt8] = [0x61, 0xFF, 0xC0, 0xAF, 0xED, 0xA0, 0x80, 0xF4, 0x90, 0xE2, 0x82]
    for rule in [PreTokenizer.Rule.gpt2, Self.llama3, Self.tekken, .punctuation] {
      var end = 0
      PreTokenizer([(rule, .sixteen)]).forEachPiece(of: text, text.indices) {
        #expect($0.lowerBound == end)
        end = $0.upperBound
      }
      #expect(end == text.count)
    }
  }

  @Test("knows the letters and numbers of each edition of Unicode")
  func editions() {
    func counts(_ edition: UnicodeEdition) -> [UnicodeClass: Int] {
      let classes = UnicodeClasses.of(edition)
      var counts: [UnicodeClass: Int] = [:]
      for scalar in UInt32(0)..<0x110000 { counts[classes[scalar], default: 0] += 1 }
      return counts
    }
    func sum(_ counts: [UnicodeClass: Int], where holds: (UnicodeClass) -> Bool) -> Int {
      counts.filter { holds($0.key) }.values.reduce(0, +)
    }
    let (fifteen, sixteen, seventeen) = (counts(.fifteen), counts(.sixteen), counts(.seventeen))
    #expect([fifteen, sixteen].map { sum($0, where: \.isLetter) } == [136_726, 141_028])
    #expect(
      [fifteen, sixteen, seventeen].map { sum($0, where: \.isNumber) } == [1831, 1911, 1924])
    #expect([fifteen, sixteen].map { sum($0, where: \.isPunctuation) } == [842, 855])
    #expect([fifteen[.mark], sixteen[.mark], sixteen[.space]] == [2450, 2501, 25])
  }
}
