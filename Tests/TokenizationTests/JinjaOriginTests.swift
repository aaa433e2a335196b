import ModelFiles
import Testing
import Tokenization

@Suite("Origins of rendered text")
struct JinjaOriginTests {
  /// Renders two messages and shows content of the first in [ ] and of the second in ( ).
  private func marked(_ source: String, _ first: String = "One two", _ second: String = "three")
    throws -> String
  {
    let chat = try ChatTemplate(source: source).render(
      [
        ChatMessage(role: "user", content: first), ChatMessage(role: "assistant", content: second),
      ], addGenerationPrompt: false)
    return chat.pieces.map { piece in
      let text = String(decoding: chat.text[piece.range], as: UTF8.self)
      switch piece.origin {
      case .template: return text
      case .message(0): return "[\(text)]"
      case .message: return "(\(text))"
      }
    }.joined()
  }

  @Test(
    "content stays content through every operation on text",
    arguments: [
      ("{{ messages[0].content }}", "[One two]"),
      ("{{ '<' + messages[0].content + '>' }}", "<[One two]>"),
      ("{{ '<' ~ messages[0]['content'] ~ messages[1].content ~ '>' }}", "<[One two](three)>"),
      ("{{ messages[0].content[1:5] }}|{{ messages[0].content[::-1] }}", "[ne t]|[owt enO]"),
      (
        "{{ messages[0].content[0] }}{% for c in messages[1].content %}{{ c }}.{% endfor %}",
        "[O](t).(h).(r).(e).(e)."
      ),
      ("{{ ('  ' ~ messages[0].content ~ ' ').strip() }}", "[One two]"),
      ("{{ messages[0].content | trim('Oo') }}", "[ne tw]"),
      ("{{ messages[0].content.split(' ') | join('+') }}", "[One]+[two]"),
      ("{{ messages[0].content.replace('o', messages[1].content) }}", "[One tw](three)"),
      ("{{ messages[0].content | replace('One', '1') }}", "1[ two]"),
      ("{{ messages[0].content | upper }}{{ messages[0].content.title() }}", "[ONE TWOOne Two]"),
      (
        "{{ messages | map(attribute='content') | map('lower') | join('; ') }}",
        "[one two]; (three)"
      ),
      ("{{ '%s=%5s' % (messages[0].content, messages[1].content) }}", "[One two]=(three)"),
      ("{{ '%7s' | format(messages[1].content) }}", "  (three)"),
      ("{{ '{}:{b}'.format(messages[0].content, b=messages[1].content) }}", "[One two]:(three)"),
      ("{{ messages[0].content | tojson }}", "\"[One two]\""),
      (
        "{{ messages | tojson }}",
        "[{\"role\": \"user\", \"content\": \"[One two]\"}, "
          + "{\"role\": \"assistant\", \"content\": \"(three)\"}]"
      ),
      ("{{ [messages[0].content] }}", "['[One two]']"),
      ("{{ messages[0].content * 2 }}", "[One twoOne two]"),
      ("{{ messages[0].content | indent(2, true) }}", "  [One two]"),
      ("{{ messages[1].content.center(9, '-') }}", "--(three)--"),
      ("{{ messages[0].content | truncate(5, true, '…', 0) }}", "[One ]…"),
      ("{{ messages[0].content | reverse }}", "[owt enO]"),
      ("{{ messages[0].content | list | sort | join }}", "[ enOotw]"),
      ("{{ messages[0].content.partition(' ') | join('|') }}", "[One]|[ ]|[two]"),
      ("{% set x %}<{{ messages[0].content }}>{% endset %}{{ x | upper }}", "<[ONE TWO]>"),
      ("{% macro m(t) %}<{{ t }}>{% endmacro %}{{ m(messages[1].content) }}", "<(three)>"),
      ("{% filter upper %}a{{ messages[0].content }}b{% endfilter %}", "A[ONE TWO]B"),
      (
        "{% set ns = namespace(t='') %}{% for m in messages %}{% set ns.t = ns.t + m.content + '.' %}"
          + "{% endfor %}{{ ns.t }}", "[One two].(three)."
      ),
      (
        "{{ messages[0].content | default('x') }}{{ messages[0].none | default(messages[1].content) }}",
        "[One two](three)"
      ),
      ("{{ messages[0].role }}:{{ messages[0].content | length }}", "user:7"),
      (
        "{% for m in messages %}{{ m.role }}={{ m.content }};{% endfor %}",
        "user=[One two];assistant=(three);"
      ),
    ])
  func operations(source: String, expected: String) throws {
    #expect(try marked(source) == expected)
  }

  @Test("escapes of content are content")
  func escapes() throws {
    #expect(try marked("{{ messages[0].content | tojson }}", "a\"b\n\u{1}") == #""[a\"b\n\u0001]""#)
    #expect(try marked("{{ [messages[0].content] }}", "it's\t") == #"["[it's\t]"]"#)
    #expect(try marked("{{ messages[0].content | e }}", "<b>") == "[&lt;b&gt;]")
    #expect(
      try marked("{{ messages[0].content | tojson(ensure_ascii=true) }}", "😀")
        == #""[\ud83d\ude00]""#)
    #expect(try marked("{{ messages[0].content | upper }}", "straße") == "[STRASSE]")
  }

  @Test("content that looks like a template is not run")
  func injection() throws {
    let content = "{{ messages }}{% for x in y %}{# c #}{% raw %}"
    #expect(try marked("<{{ messages[0].content }}>", content) == "<[\(content)]>")
    #expect(
      try marked("{{ messages[0].content | trim | replace('z', '') }}", content) == "[\(content)]")
  }

  @Test("text and pieces are in bytes, whatever the characters")
  func bytes() throws {
    let chat = try ChatTemplate(source: "é{{ messages[0].content }}中").render(
      [ChatMessage(role: "user", content: "e\u{301}😀\u{0}")], addGenerationPrompt: false)
    #expect(chat.text == Array("ée\u{301}😀\u{0}中".utf8))
    #expect(
      chat.pieces == [
        .init(range: 0..<2, origin: .template), .init(range: 2..<10, origin: .message(0)),
        .init(range: 10..<13, origin: .template),
      ])
    #expect(chat.contentRanges == [2..<10])
  }
}
