import Testing
import Tokenization

@Suite("Canonical composition")
struct TokenizerCompositionTests {
  @Test(
    "composes, reorders and leaves alone as Unicode 9 has it",
    arguments: [
      ("e\u{301}", "é"), ("e\u{323}\u{302}", "\u{1EC7}"), ("e\u{302}\u{323}", "\u{1EC7}"),
      ("\u{212B}", "\u{C5}"), ("\u{958}", "\u{915}\u{93C}"), ("\u{344}", "\u{308}\u{301}"),
      ("\u{1100}\u{1161}\u{11A8}", "\u{AC01}"), ("\u{AC00}\u{11A8}", "\u{AC01}"),
      ("\u{AC01}\u{11A8}", "\u{AC01}\u{11A8}"), ("\u{1161}\u{11A8}", "\u{1161}\u{11A8}"),
      ("q\u{307}\u{323}", "q\u{323}\u{307}"), ("\u{F900}", "\u{8C48}"),
      ("a\u{5B0}\u{94D}", "a\u{94D}\u{5B0}"), ("\u{9C7}\u{9BE}", "\u{9CB}"),
      // Reordered since Unicode 11; the reference leaves it.
      ("a\u{7FD}\u{334}", "a\u{7FD}\u{334}"),
    ])
  func composes(text: String, expected: String) {
    let scalars = text.unicodeScalars.map(\.value)
    #expect(CanonicalComposition.unicode9.composed(scalars) == expected.unicodeScalars.map(\.value))
  }

  @Test("gives text cut at its boundaries what the whole gives")
  func boundaries() throws {
    let tables = CanonicalComposition.unicode9
    let text = "Ae\u{301}\u{1100}\u{1161}\u{11A8}x\u{334}\u{301}\u{9C7}\u{9BE}\u{F900}\u{344}e"
    var runs: [[UInt32]] = []
    for scalar in text.unicodeScalars.map(\.value) {
      if tables.isBoundary(before: scalar) { runs.append([]) }
      runs[runs.count - 1].append(scalar)
    }
    #expect(runs.count == 7)
    #expect(runs.flatMap { tables.composed($0) } == tables.composed(runs.flatMap { $0 }))
  }

  @Test("stays fast on a million marks")
  func marks() {
    let marks = (0..<200_000).map { $0 % 2 == 0 ? UInt32(0x301) : 0x323 }
    let composed = CanonicalComposition.unicode9.composed([0x61] + marks)
    #expect(composed.count == marks.count)
    #expect(composed[0] == 0x1EA1)
    #expect(composed.last == 0x301)
  }
}
