import Inference
import Kernels
import ModelFiles
import Probes
import TestSupport
import Testing
import Tokenization

@Suite("Opening of refusals")
struct RefusalOpeningTests {
  private func replies(
    _ count: Int, label: Int, _ ids: [Int32], isRefusal: Bool
  ) -> [LabeledReply] {
    (0..<count).map {
      LabeledReply(
        label: label, ids: ids + [Int32(100 + $0)], isRefusal: isRefusal, isTruncated: $0 == 0)
    }
  }

  private func opening(_ replies: [LabeledReply]) throws -> RefusalOpening {
    let fallback = try #require(RefusalTokens(refusalFirstTokens: [77], harmlessFirstTokens: []))
    return RefusalOpening(replies, maxTokens: 24, rules: .general, fallback: fallback)
  }

  @Test("is the model's own where it refuses enough, look-alikes refused left aside")
  func derived() throws {
    let found = try opening(
      replies(12, label: 1, [5], isRefusal: true) + replies(9, label: 1, [6], isRefusal: false)
        + replies(4, label: 0, [5], isRefusal: true) + replies(20, label: 0, [8], isRefusal: false))
    #expect(found.tokens.ids == [5])
    #expect(found.fallback == nil)
    #expect(found.prefix == [])
    let counts = [found.positives, found.negatives].map { [$0.replies, $0.refusals, $0.truncated] }
    #expect(counts == [[21, 12, 2], [24, 4, 2]])
  }

  @Test("comes after what every reply begins with")
  func prefix() throws {
    let found = try opening(
      replies(12, label: 1, [1, 2, 5], isRefusal: true)
        + replies(20, label: 0, [1, 2, 8], isRefusal: false))
    #expect(found.prefix == [1, 2])
    #expect(found.tokens.ids == [5])
  }

  @Test("is a fixed list where refusals are few or begin as answers do")
  func fallback() throws {
    let few = try opening(
      replies(7, label: 1, [5], isRefusal: true) + replies(20, label: 0, [8], isRefusal: false))
    #expect(few.tokens.ids == [77])
    #expect(few.fallback == .tooFewRefusals)
    let alike = try opening(
      replies(12, label: 1, [5], isRefusal: true) + replies(2, label: 0, [5], isRefusal: false)
        + replies(18, label: 0, [8], isRefusal: false))
    #expect(alike.tokens.ids == [77])
    #expect(alike.fallback == .noTellingToken)
  }

  @Test("does not take replies that are all one text for a beginning")
  func identicalReplies() throws {
    let same = (0..<20).map {
      LabeledReply(label: $0 % 2, ids: [1, 2, 3], isRefusal: $0 % 2 == 1, isTruncated: true)
    }
    #expect(try opening(same).prefix == [])
  }

  @Test("is found from the model's own replies, the same on any number of threads")
  func replies() throws {
    let checkpoint = try Checkpoint(path: Goldens.path("models/qwen2"))
    let tokenizer = try Tokenizer(checkpoint.tokenizer)
    let decoder = try Decoder(checkpoint, threads: 2)
    let prompts = CheckedPrompts(count: 60, seed: 4)
    let found = try [1, 3].map {
      try prompts.checks(decoder, threads: $0).refusalOpening(
        tokenizer: tokenizer, endOfSequence: tokenizer.endOfSequence, promptsPerClass: 20,
        maxTokens: 6)
    }
    #expect(found[0] == found[1])
    #expect(found[0].positives.replies == 20)
    #expect(found[0].negatives.replies == 20)
    #expect(found[0].fallback == .tooFewRefusals)
    #expect(found[0].tokens == RefusalTokens(fallbackFor: tokenizer))
    #expect(found[0].rules == "general-2")
  }
}
