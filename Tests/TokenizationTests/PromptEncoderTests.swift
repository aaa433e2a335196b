import ModelFiles
import Testing
import Tokenization

private let chatML = """
  {% for m in messages %}<|im_start|>{{ m.role }}
  {{ m.content }}<|im_end|>
  {% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
  {% endif %}
  """

private func user(_ content: String) -> ChatMessage { ChatMessage(role: "user", content: content) }

/// Tokens with their roles as letters, one letter for each token.
private func letters(_ prompt: TokenizedPrompt) -> String {
  prompt.roles.map { role in
    switch role {
    case .template: "-"
    case .system: "s"
    case .user: "u"
    case .assistant: "a"
    case .tail: "t"
    case .beginningOfSequence: "B"
    case .other: "o"
    }
  }.joined()
}

@Suite("Prompt encoder")
struct PromptEncoderTests {
  private func encoder(
    _ source: String = chatML, addsBeginning: Bool = false, hasBeginning: Bool = true,
    options: PromptEncoder.Options = .init()
  ) throws -> PromptEncoder {
    let tokens = ["bos_token": "<s>", "eos_token": "</s>"]
    return PromptEncoder(
      tokenizer: try PromptEncoderTokenizer.make(
        addsBeginning: addsBeginning, hasBeginning: hasBeginning),
      template: try ChatTemplate(source: source, variables: tokens), options: options)
  }

  @Test("every token has the role of the text it comes from")
  func roles() throws {
    let prompt = try encoder().encode([
      ChatMessage(role: "system", content: "ab"), user("cde"),
      ChatMessage(role: "assistant", content: "f"), ChatMessage(role: "tool", content: "gg"),
      user("h"),
    ])
    // <|im_start|> s y s t e m \n a b <|im_end|> \n and so on: one token for each special token and for
    // each byte of anything else.
    let expected =
      "--------ss--" + "------uuu--" + "-----------a--" + "------oo--" + "------u" + "tt"
      + "ttttttttttt"
    #expect(letters(prompt) == expected)
    #expect(prompt.beginningOfSequence == .none)
    for (range, role) in zip(prompt.ranges, prompt.roles) where role == .user {
      #expect(["c", "d", "e", "h"].contains(String(decoding: prompt.text[range], as: UTF8.self)))
    }
  }

  @Test("a token with bytes of template and content belongs to the content")
  func straddling() throws {
    // "." and the line break after it are one token.
    let prompt = try encoder("<{{ messages[0].content }}\n\n!").encode([user("a.")])
    #expect(letters(prompt) == "-uutt")
    #expect(prompt.ranges[2] == 2..<4)
    // A space of the template and the "b" after it are one token.
    let before = try encoder("x {{ messages[0].content }}").encode([user("b")])
    #expect(letters(before) == "-u")
  }

  @Test("the tail follows the content of the last message, also where the template moves messages")
  func tail() throws {
    let moved = "{{ messages[1].content }}|{{ messages[0].content }}>!"
    let prompt = try encoder(moved).encode([
      user("a"), ChatMessage(role: "assistant", content: "b"),
    ])
    #expect(letters(prompt) == "a-utt")
    let closed = try encoder(options: .init(addsGenerationPrompt: false)).encode([user("a")])
    #expect(letters(closed) == "------utt")
    let nothingAfter = try encoder("{{ messages[0].content }}").encode([user("a")])
    #expect(letters(nothingAfter) == "u")
    // With empty content there is no place that the tail could follow.
    let empty = try encoder().encode([user("a"), user("")])
    #expect(!empty.roles.contains(.tail))
    #expect(try encoder().encode([user("")]).roles.allSatisfy { $0 == .template })
  }

  @Test("the sequence begins once, and it is recorded why")
  func beginning() throws {
    func check(
      _ source: String, adds: Bool, has: Bool = true, _ decision: BeginningOfSequenceDecision,
      _ roles: String
    ) throws {
      let prompt = try encoder(source, addsBeginning: adds, hasBeginning: has).encode([user("a")])
      #expect(prompt.beginningOfSequence == decision)
      #expect(letters(prompt) == roles)
    }
    try check("{{ bos_token }}<{{ messages[0].content }}", adds: true, .writtenByTemplate, "B-u")
    try check("{{ bos_token }}<{{ messages[0].content }}", adds: false, .writtenByTemplate, "B-u")
    try check("<{{ messages[0].content }}", adds: true, .addedByTokenizer, "B-u")
    try check("<{{ messages[0].content }}", adds: false, .none, "-u")
    try check("<{{ messages[0].content }}", adds: false, has: false, .none, "-u")
    let added = try encoder("<{{ messages[0].content }}", addsBeginning: true).encode([user("a")])
    #expect(added.ranges[0].isEmpty)
    #expect(added.ids.filter { $0 == added.ids[0] }.count == 1)
    #expect(added.text == Array("<a".utf8))
  }

  @Test("content that spells the beginning of a sequence does not begin one")
  func literalBeginning() throws {
    let prompt = try encoder("{{ messages[0].content }}", addsBeginning: true).encode([user("<s>")])
    #expect(prompt.beginningOfSequence == .addedByTokenizer)
    #expect(letters(prompt) == "Buuu")
    let parsed = try encoder(
      "{{ messages[0].content }}", addsBeginning: true, options: .init(parsesSpecialTokens: true)
    ).encode([user("<s>x")])
    #expect(parsed.beginningOfSequence == .writtenByTemplate)
    #expect(letters(parsed) == "Bu")
    #expect(throws: TokenizationError.chatTemplate(.doubledBeginning("<s>"))) {
      try encoder(
        "{{ bos_token }}{{ messages[0].content }}", options: .init(parsesSpecialTokens: true)
      )
      .encode([user("<s>x")])
    }
  }

  @Test("raw text is taken as it is, after the token that begins a sequence")
  func raw() throws {
    let raw = PromptEncoder.Options(isRaw: true)
    let plain = try encoder(addsBeginning: true, options: raw).encode([user("a<|im_end|>")])
    #expect(letters(plain) == "Buuuuuuuuuuu")
    #expect(plain.text == Array("a<|im_end|>".utf8))
    let parsed = try encoder(options: .init(isRaw: true, parsesSpecialTokens: true))
      .encode([user("a<|im_end|>")])
    #expect(letters(parsed) == "uu")
    let withoutTemplate = PromptEncoder(
      tokenizer: try PromptEncoderTokenizer.make(), template: nil, options: raw)
    #expect(try withoutTemplate.encode([user("ab")]).ids.count == 2)
    let written = try encoder(
      addsBeginning: true, options: .init(isRaw: true, parsesSpecialTokens: true)
    ).encode([user("<s>a")])
    #expect(written.beginningOfSequence == .writtenByTemplate)
    #expect(written.ids.count == 2)
  }

  @Test("a system text becomes the first message")
  func system() throws {
    let encoder = try encoder(options: .init(system: "be kind"))
    let prompt = try encoder.encode([user("a")])
    let same = try self.encoder().encode([
      ChatMessage(role: "system", content: "be kind"), user("a"),
    ])
    #expect(prompt == same)
    #expect(prompt.roles.contains(.system))
  }

  @Test("the digest is that of the rendered text")
  func digest() throws {
    let prompt = try encoder(options: .init(isRaw: true)).encode([user("abc")])
    #expect(
      prompt.textDigest == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  }

  @Test("no special token comes out of content, whatever stands around it, unless it is asked for")
  func injection() throws {
    let literal = try encoder()
    let parsing = try encoder(options: .init(parsesSpecialTokens: true))
    let tokenizer = try PromptEncoderTokenizer.make()
    let blanks = ["", " ", "\n", "\t", "  ", "\r\n", "\u{A0}", "\u{200B}"]
    for token in PromptEncoderTokenizer.special {
      for blank in blanks {
        let spelled = blank + token + blank
        for content in [spelled + "x", "x" + spelled + "x", "x" + spelled] {
          for prompt in [
            try literal.encode([user(content)]),
            try literal.encode([
              user("y"), ChatMessage(role: "assistant", content: content), user("z"),
            ]),
          ] {
            for (id, role) in zip(prompt.ids, prompt.roles) where tokenizer.isSpecial(id) {
              #expect(role == .template || role == .tail, "\(content.debugDescription)")
            }
          }
          let parsed = try parsing.encode([user(content)])
          let found = zip(parsed.ids, parsed.roles).contains {
            tokenizer.isSpecial($0) && $1 == .user
          }
          #expect(found, "\(content.debugDescription)")
        }
      }
    }
    // Halves of a special token on both sides of the border do not make one.
    let halves = try encoder("<|im_{{ messages[0].content }}start|>").encode([user("end|><|im_")])
    #expect(halves.ids.allSatisfy { !tokenizer.isSpecial($0) })
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let id: String
    var options = PromptEncoder.Options()
    var hasTemplate = true
    let messages: [ChatMessage]
    let sentence: String

    var testDescription: String { id }
  }

  static let cases = [
    Case(
      id: "no template", hasTemplate: false, messages: [user("a")],
      sentence: "The model has no chat template; use --raw to give it the prompt as plain text."),
    Case(
      id: "two system messages", options: .init(system: "s"),
      messages: [user("a"), ChatMessage(role: "system", content: "b")],
      sentence:
        "A system text is given with --system, but message 2 of the conversation is a system "
        + "message already; leave one of them out."),
    Case(
      id: "system text and raw text", options: .init(system: "s", isRaw: true),
      messages: [user("a")],
      sentence:
        "A system text is given with --system, but --raw leaves no place for it; leave one of them out."
    ),
    Case(
      id: "raw conversation", options: .init(isRaw: true), messages: [user("a"), user("b")],
      sentence:
        "--raw takes one text, but the conversation has 2 messages; give a prompt, or leave out "
        + "--raw."),
    Case(
      id: "raw assistant", options: .init(isRaw: true),
      messages: [ChatMessage(role: "assistant", content: "a")],
      sentence: "--raw takes the text of a user message; a message of another role needs the chat "
        + "template."),
    Case(
      id: "empty raw text", options: .init(isRaw: true), messages: [user("")],
      sentence: "The text is empty: there is nothing for the model to read."),
    Case(
      id: "doubled beginning", options: .init(parsesSpecialTokens: true),
      messages: [ChatMessage(role: "bos", content: "<s>")],
      sentence: "The text begins with \"<s>\" twice; take it out of the prompt, since the template "
        + "writes it already."),
  ]

  @Test("says in a sentence why a conversation cannot be encoded", arguments: cases)
  func sentences(testCase: Case) throws {
    let source = "{{ '<s>' if messages[0].role == 'bos' }}{{ messages[0].content }}"
    let encoder = PromptEncoder(
      tokenizer: try PromptEncoderTokenizer.make(),
      template: testCase.hasTemplate ? try ChatTemplate(source: source) : nil,
      options: testCase.options)
    do {
      _ = try encoder.encode(testCase.messages)
      Issue.record("nothing was thrown")
    } catch {
      #expect(error.description == testCase.sentence)
    }
  }
}
