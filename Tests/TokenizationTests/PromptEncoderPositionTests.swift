import ModelFiles
import Testing
import Tokenization

@Suite("Positions of a prompt")
struct PromptEncoderPositionTests {
  private func prompt(
    _ messages: [ChatMessage],
    source: String = "<{{ messages | map(attribute='content') | join('|') }}>!",
    isRaw: Bool = false
  ) throws -> TokenizedPrompt {
    try PromptEncoder(
      tokenizer: try PromptEncoderTokenizer.make(), template: try ChatTemplate(source: source),
      options: .init(isRaw: isRaw)
    ).encode(messages)
  }

  private let conversation = [
    ChatMessage(role: "user", content: "ab"), ChatMessage(role: "assistant", content: "cd"),
    ChatMessage(role: "user", content: "ef"),
  ]

  @Test(
    "selectors name the positions they say",
    arguments: [
      // < a b | c d | e f > !
      ("last", [10]), ("all", Array(0...10)), ("mean", Array(0...10)), ("user", [1, 2, 7, 8]),
      ("user.first", [1]), ("user.last", [8]), ("assistant.first", [4]),
      ("template.tail", [9, 10]),
      ("template.tail[0]", [9]), ("template.tail[1]", [10]), ("template.tail[-1]", [10]),
      ("template.tail[-2]", [9]),
    ] as [(String, [Int])])
  func positions(text: String, expected: [Int]) throws {
    let selector = try PositionSelector(text)
    #expect(try selector.positions(in: prompt(conversation)) == expected)
    #expect(selector.description == text)
    #expect(selector.isPooled == (text == "mean"))
  }

  @Test(
    "names that are no selectors are refused, with the list of those that are",
    arguments: [
      "", "Last", "last ", "first", "user.middle", "assistant.last", "template", "template.tail[",
      "template.tail[]", "template.tail[x]", "template.tail[1", "template.tail[1]]",
      "template.tail[1.0]",
      "template.tail[99999999999999999999]", "template.tail1]",
    ])
  func unknown(text: String) {
    do {
      _ = try PositionSelector(text)
      Issue.record("\(text) was accepted")
    } catch {
      #expect(error == .position(.unknown(text)))
      #expect(error.kind == .usage)
      #expect(
        error.description == """
          There is no position "\(text)"; known are last, all, mean, user, user.first, user.last, \
          assistant.first, template.tail and template.tail[k], with k from 0 or, from the end, from -1.
          """)
    }
  }

  @Test("a position that a prompt lacks is an error that says why")
  func absent() throws {
    func sentence(_ text: String, _ prompt: TokenizedPrompt) throws -> String? {
      let selector = try PositionSelector(text)
      do {
        _ = try selector.positions(in: prompt)
        return nil
      } catch {
        return error.description
      }
    }
    let plain = try prompt(conversation)
    #expect(
      try sentence("template.tail[2]", plain)
        == "The prompt has no position template.tail[2]: its tail "
        + "has 2 tokens, so k goes from -2 to 1.")
    #expect(try sentence("template.tail[-3]", plain)?.contains("from -2 to 1") == true)
    let alone = try prompt([ChatMessage(role: "user", content: "a")])
    #expect(
      try sentence("assistant.first", alone)
        == "The prompt has no position assistant.first: no token comes from an assistant message.")
    let system = try prompt([ChatMessage(role: "system", content: "a")])
    #expect(
      try sentence("user.last", system)
        == "The prompt has no position user.last: no token comes from a user message.")
    let raw = try prompt([ChatMessage(role: "user", content: "a")], isRaw: true)
    #expect(
      try sentence("template.tail[-1]", raw) == "The prompt has no position template.tail[-1]: the "
        + "template writes nothing after the content of the last message, or that content is empty, or "
        + "--raw leaves the template out.")
    #expect(try sentence("user.last", raw) == nil)
  }
}
