import Inference
import Kernels
import TestSupport
import Testing
import Tokenization

@Suite("Prefix layout")
struct PrefixLayoutTests {
  @Test("gives what sequences begin with rows once, wherever they stand in the list")
  func sharing() {
    let prompts = [[1, 2, 3, 4], [9], [1, 2, 5], [1, 2, 3, 4], [1, 2, 3, 4, 6, 7]].map {
      TokenizedPrompt($0)
    }
    let layout = PrefixLayout(prompts[...], lengths: prompts.map(\.ids.count), sharing: true)
    // 1 2 3 4, then 6 7 after it, 5 after 1 2, and 9.
    #expect(layout.rowCount == 8)
    for (index, prompt) in prompts.enumerated() {
      #expect(tokens(of: layout, sequence: index) == prompt.ids)
    }
    #expect(layout.rows(ofSequence: 0) == layout.rows(ofSequence: 3))
  }

  @Test("needs only the positions that are asked for")
  func lengths() {
    let prompts = [[1, 2, 3, 4], [1, 2, 5]].map { TokenizedPrompt($0) }
    let layout = PrefixLayout(prompts[...], lengths: [2, 2], sharing: true)
    #expect(layout.rowCount == 2)
    #expect(tokens(of: layout, sequence: 1) == [1, 2])
  }

  @Test("keeps every sequence's own rows without sharing, and tells roles apart with it")
  func noSharing() {
    let prompts = [[1, 2, 3], [1, 2, 3]].map { TokenizedPrompt($0) }
    let own = PrefixLayout(prompts[...], lengths: [3, 3], sharing: false)
    #expect(own.rowCount == 6)
    let other = TokenizedPrompt(ids: [1, 2, 3], roles: [.user, .template, .user])
    let mixed = PrefixLayout([prompts[0], other][...], lengths: [3, 3], sharing: true)
    #expect(mixed.rowCount == 5, "a row would have two roles")
  }

  @Test("puts earlier positions before later ones, for random sequences")
  func order() {
    for seed in 0..<50 {
      let prompts = TokenizedPrompt.random(count: 30, seed: UInt64(seed))
      let lengths = prompts.map(\.ids.count)
      let layout = PrefixLayout(prompts[...], lengths: lengths, sharing: true)
      let distinct = Set(
        prompts.flatMap { prompt in
          (1...prompt.ids.count).map { Array(prompt.ids.prefix($0)) }
        })
      #expect(layout.rowCount == distinct.count, "each distinct beginning has one row")
      for (index, prompt) in prompts.enumerated() {
        let rows = layout.rows(ofSequence: index).flatMap { $0 }
        #expect(rows == rows.sorted())
        #expect(tokens(of: layout, sequence: index) == prompt.ids)
        #expect(layout.row(ofSequence: index, position: rows.count - 1) == rows.last)
      }
    }
  }

  private func tokens(of layout: PrefixLayout, sequence: Int) -> [Int32] {
    layout.rows(ofSequence: sequence).flatMap { $0.map { layout.tokens[$0] } }
  }
}
