import ModelFiles
import Testing
import Tokenization

@Suite("Chat templates")
struct ChatTemplateTests {
  private let hello = [ChatMessage(role: "user", content: "Hello")]

  private func folder(
    configuration: JSONObject?, file: ByteString? = nil
  ) throws -> ChatTemplate? {
    try ChatTemplate(
      .tokenizerJSON(
        [:], tokenizerConfig: configuration, chatTemplate: file, path: "tokenizer.json"))
  }

  private func text(_ template: ChatTemplate?) throws -> String {
    try #require(template).render(hello, addGenerationPrompt: true).string
  }

  @Test("a template sees messages, special tokens, and that nothing else is there")
  func variables() throws {
    let source = """
      {{ bos_token }}{{ messages[0].role }}:{{ messages[0].content }}{{ eos_token }} \
      {{ add_generation_prompt }} {{ tools is none }} {{ documents is none }} {{ pad_token is defined }}
      """
    let template = try ChatTemplate(
      source: source, variables: ["bos_token": "<s>", "eos_token": "</s>"])
    #expect(try text(template) == "<s>user:Hello</s> True True True False")
    let closed = try template.render(hello, addGenerationPrompt: false).string
    #expect(closed == "<s>user:Hello</s> False True True False")
  }

  @Test("the date is what the caller gives; without one strftime_now is undefined")
  func date() throws {
    let source = "{{ strftime_now('%d %b %Y') if strftime_now is defined else 'fixed' }}"
    #expect(try text(ChatTemplate(source: source)) == "fixed")
    let date = try #require(TemplateDate(year: 2025, month: 2, day: 28))
    #expect(try text(ChatTemplate(source: source, date: date)) == "28 Feb 2025")
    let leapDay = try #require(TemplateDate(year: 2024, month: 2, day: 29, hour: 13))
    let weekday = try ChatTemplate(source: "{{ strftime_now('%A %j %I %p') }}", date: leapDay)
    #expect(try text(weekday) == "Thursday 060 01 PM")
    #expect(TemplateDate(year: 2023, month: 2, day: 29) == nil)
    #expect(TemplateDate(year: 2024, month: 13, day: 1) == nil)
    #expect(TemplateDate(year: 2024, month: 4, day: 31) == nil)
    #expect(TemplateDate(year: 2024, month: 1, day: 1, hour: 24) == nil)
  }

  @Test("a folder's chat_template.jinja comes before tokenizer_config.json")
  func folderTemplates() throws {
    let configuration: JSONObject = [
      "chat_template": "config {{ bos_token }}", "bos_token": "<s>",
    ]
    #expect(try text(folder(configuration: configuration)) == "config <s>")
    #expect(
      try text(folder(configuration: configuration, file: "file {{ bos_token }}")) == "file <s>")
    #expect(try text(folder(configuration: nil, file: "alone{{ bos_token }}")) == "alone")
    #expect(try folder(configuration: ["bos_token": "<s>"]) == nil)
    #expect(try folder(configuration: nil) == nil)
  }

  @Test("special tokens may be objects, and the template named default is taken")
  func namedTemplates() throws {
    let named: JSONValue = .array([
      .object(["name": "tool_use", "template": "tools"]),
      .object(["name": "default", "template": "default {{ eos_token }}"]),
    ])
    let eos: JSONValue = .object(["content": "</s>", "lstrip": .bool(false)])
    #expect(
      try text(folder(configuration: ["chat_template": named, "eos_token": eos])) == "default </s>")
    let unnamed: JSONValue = .array([.object(["name": "rag", "template": "only one"])])
    #expect(try text(folder(configuration: ["chat_template": unnamed])) == "only one")
  }

  @Test("a template or special token of the wrong kind is an error that names the field")
  func malformed() {
    let several: JSONValue = .array([
      .object(["name": "a", "template": "x"]), .object(["name": "b", "template": "y"]),
    ])
    for (configuration, field) in [
      (["chat_template": several], "chat_template"),
      (["chat_template": .number(JSONNumber(1))], "chat_template"),
      (["chat_template": "x", "bos_token": .bool(true)], "bos_token"),
    ] as [(JSONObject, String)] {
      #expect {
        try folder(configuration: configuration)
      } throws: { error in
        "\(error)".hasPrefix("\(field) in tokenizer_config.json should be")
      }
    }
    #expect(throws: TokenizationError.chatTemplate(.notUTF8)) {
      try folder(configuration: nil, file: ByteString([0x7B, 0xFF]))
    }
  }

  @Test("a GGUF file's template gets the tokens its metadata names")
  func gguf() throws {
    let vocabulary = GGUFStrings(["<unk>", "<s>", "</s>"])
    let metadata = GGUFMetadata(
      [
        "tokenizer.chat_template": .string("{{ bos_token }}{{ eos_token }}{{ pad_token }}!"),
        "tokenizer.ggml.tokens": .strings(vocabulary),
        "tokenizer.ggml.bos_token_id": .unsigned(1), "tokenizer.ggml.eos_token_id": .unsigned(2),
        "tokenizer.ggml.padding_token_id": .unsigned(77),
      ], path: "model.gguf")
    #expect(try text(ChatTemplate(.gguf(metadata, path: "model.gguf"))) == "<s></s>!")
    let without = GGUFMetadata([:], path: "model.gguf")
    #expect(try ChatTemplate(.gguf(without, path: "model.gguf")) == nil)
  }

  @Test("one template renders on many threads at once")
  func threads() async throws {
    let template = try ChatTemplate(
      source: "{% for m in messages %}{{ loop.index }}{{ m.content | upper }}{% endfor %}")
    let results = await withTaskGroup(of: String?.self) { group in
      for index in 0..<64 {
        group.addTask {
          let message = ChatMessage(role: "user", content: "m\(index)")
          return try? template.render([message], addGenerationPrompt: false).string
        }
      }
      return await group.reduce(into: Set<String?>()) { $0.insert($1) }
    }
    #expect(results == Set((0..<64).map { "1M\($0)" }))
  }
}
