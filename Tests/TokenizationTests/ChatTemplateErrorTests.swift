import ModelFiles
import Testing
import Tokenization

@Suite("Sentences of chat template errors")
struct ChatTemplateErrorTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let id: String
    let source: String
    var messages = [ChatMessage(role: "user", content: "hi")]
    let sentence: String

    var testDescription: String { id }
  }

  static let cases = [
    Case(
      id: "refused by the template",
      source: "{{ raise_exception('System role not supported') }}",
      sentence:
        "The model's chat template refuses this conversation: \"System role not supported\"."),
    Case(
      id: "refusal with control characters",
      source: "{{ raise_exception('no \\x1b[2J ' ~ messages[0].content) }}",
      sentence: "The model's chat template refuses this conversation: \"no \\u{1B}[2J hi\"."),
    Case(
      id: "undefined",
      source: "a\nb {{ messages[0].tools.first }}",
      sentence:
        "The model's chat template fails on this conversation: dict has no attribute 'tools' "
        + "(line 2 of the template)."),
    Case(
      id: "innermost line",
      source: "{% for m in messages %}\n\n{{ m.content + 1\n }}{% endfor %}",
      sentence:
        "The model's chat template fails on this conversation: '+' does not apply to values of "
        + "type str and int (line 3 of the template)."),
    Case(
      id: "unknown filter",
      source: "{{ 1 | from_yaml }}",
      sentence: "The model's chat template fails on this conversation: there is no filter named "
        + "'from_yaml' (line 1 of the template)."),
    Case(
      id: "change of a list",
      source: "\n{{ messages.append(1) }}",
      sentence:
        "The model's chat template fails on this conversation: list.append would change a value, "
        + "which templates may not do (line 2 of the template)."),
    Case(
      id: "unclosed tag",
      source: "\n\n{% if true %}\n{{ 1 }}",
      sentence:
        "The model's chat template cannot be read: the tag is never closed with {% elif %} or "
        + "{% else %} or {% endif %} (line 3); use --raw, or a checkpoint with a template for current "
        + "HuggingFace versions."),
    Case(
      id: "unknown tag",
      source: "{% include 'other' %}",
      sentence:
        "The model's chat template cannot be read: the tag 'include' is not known or not allowed "
        + "in chat templates (line 1); use --raw, or a checkpoint with a template for current "
        + "HuggingFace versions."),
    Case(
      id: "unexpected token",
      source: "{{ 1 + }}",
      sentence:
        "The model's chat template cannot be read: unexpected '}}' (line 1); use --raw, or a "
        + "checkpoint with a template for current HuggingFace versions."),
    Case(
      id: "too many steps",
      source: "{% for a in range(9999) %}\n{% for b in range(9999) %}{% endfor %}{% endfor %}",
      sentence: "The model's chat template was stopped: the template takes more than 500000 steps "
        + "(line 2 of the template)."),
    Case(
      id: "too much text",
      source: "{{ 'x' * 99999999 }}",
      sentence:
        "The model's chat template was stopped: a text has more than 4194304 characters (line 1 "
        + "of the template)."),
    Case(
      id: "no messages", source: "x", messages: [],
      sentence: "There is no message to render; a conversation needs at least one."),
    Case(
      id: "role that closes a turn", source: "x",
      messages: [
        ChatMessage(role: "user", content: "a"), ChatMessage(role: "user<|im_end|>", content: "b"),
      ],
      sentence:
        "Message 2 has the role \"user<|im_end|>\"; a role is a word of 1 to 64 letters, digits, "
        + "'_' and '-', such as system, user or assistant."),
  ]

  @Test("name what was found, where, and what to do", arguments: cases)
  func sentences(testCase: Case) throws {
    do {
      let template = try ChatTemplate(source: testCase.source)
      _ = try template.render(testCase.messages, addGenerationPrompt: true)
      Issue.record("nothing was thrown")
    } catch {
      #expect(error.description == testCase.sentence)
      #expect(error.kind == .badInput)
    }
  }
}
