import ModelFiles
import Testing
import Tokenization

/// Renders a template with one user message.
private func render(_ source: String, content: String = "hello") throws -> String {
  let template = try ChatTemplate(source: source)
  let messages = [ChatMessage(role: "user", content: content)]
  return try template.render(messages, addGenerationPrompt: true).string
}

private func fault(_ source: String) -> ChatTemplateFault? {
  do {
    _ = try render(source)
  } catch TokenizationError.chatTemplate(let fault) {
    return fault
  } catch {
    Issue.record("\(error)")
  }
  return nil
}

private func isLimit(_ fault: ChatTemplateFault?) -> Bool {
  if case .limit = fault { true } else { false }
}

@Suite("Limits of the template interpreter")
struct JinjaLimitTests {
  @Test(
    "a template that would run or grow without end is stopped",
    arguments: [
      // Time
      "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
      "{% set s = 'a' * 1000000 %}{% for i in range(9999) %}{{ 'b' in s }}{% endfor %}",
      "{% set s = 'a' * 99999 %}{% set t = 'a' * 50000 ~ 'b' %}{% for i in range(9999) %}{{ t in s }}"
        + "{% endfor %}",
      "{% set l = range(99999) | list %}{% for i in range(9999) %}{{ l == l }}{% endfor %}",
      "{% set l = range(99999) | list %}{% for i in range(999) %}{{ l | sort | first }}{% endfor %}",
      "{{ range(99999) | unique | list | length }}",
      // Space
      "{% for a in range(99999) %}{{ 'x' * 1000 }}{% endfor %}",
      "{{ 'x' * 99999999 }}",
      "{{ 'x' * 9223372036854775807 }}",
      "{{ [0] * 9223372036854775807 }}",
      "{{ [1, 2] * 99999999 }}",
      "{% set ns = namespace(s='x') %}{% for i in range(99) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
      "{% set ns = namespace(l=[1]) %}{% for i in range(99) %}{% set ns.l = ns.l + ns.l %}{% endfor %}",
      "{% set ns = namespace(l=[1]) %}{% for i in range(50) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}",
      "{{ ('x' * 9999).replace('x', 'y' * 9999) }}",
      "{{ ('x' * 9999).replace('', 'y' * 9999) }}",
      "{{ ('y' * 99999).join(('x' * 9999) | list) }}",
      "{{ 'x'.center(99999999) }}", "{{ 'x'.zfill(99999999) }}", "{{ 'x' | center(99999999) }}",
      "{{ ('x\\n' * 99999) | indent(9999) }}", "{{ 'x' | indent(99999999, true) }}",
      "{{ [1] | batch(99999999, 0) | list }}", "{{ [1] | slice(99999999) | list }}",
      "{% macro m() %}{{ 'x' * 999999 }}{{ 'x' * 999999 }}{% endmacro %}{% for i in range(99) %}"
        + "{% set x = m() %}{% endfor %}",
      // Depth
      "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
      "{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}{{ a() }}{% endmacro %}{{ a() }}",
      "{% set ns = namespace(l=1) %}{% for i in range(9999) %}{% set ns.l = [ns.l] %}{% endfor %}",
      "{% set ns = namespace(l=1) %}{% for i in range(9999) %}{% set ns.l = {'a': ns.l} %}{% endfor %}",
      "{% set ns = namespace(l=1) %}{% for i in range(9999) %}{% set ns.l = (ns.l,) %}{% endfor %}",
      "{% set ns = namespace(l=[]) %}{% for i in range(9999) %}{% set ns.l = [ns.l.index] %}{% endfor %}",
      "{% set ns = namespace() %}{% set ns.self = ns %}{{ ns }}",
    ])
  func endless(source: String) {
    #expect(isLimit(fault(source)), "\(String(describing: fault(source)))")
  }

  @Test("text nested too deeply is refused before anything runs")
  func deepSyntax() {
    func nested(_ open: String, _ middle: String, _ close: String, _ count: Int) -> String {
      let opening = String(repeating: open, count: count)
      return "{{ " + opening + middle + String(repeating: close, count: count) + " }}"
    }
    for count in [1000, 10_000] {
      #expect(isLimit(fault(nested("(", "1", ")", count))))
      #expect(isLimit(fault(nested("[", "1", "]", count))))
      #expect(isLimit(fault(nested("{1:", "1", "}", count))))
      #expect(isLimit(fault(nested("not ", "1", "", count))))
      #expect(isLimit(fault(nested("- ", "1", "", count))))
      #expect(isLimit(fault(nested("1 + ", "1", "", count))))
      #expect(isLimit(fault(nested("1 or ", "1", "", count))))
      #expect(isLimit(fault(nested("1 if 1 else ", "1", "", count))))
      #expect(isLimit(fault(nested("", "a", ".b", count))))
      #expect(isLimit(fault(nested("", "a", "[0]", count))))
      #expect(isLimit(fault(nested("", "a", "()", count))))
      #expect(isLimit(fault(nested("", "a", "|upper", count))))
      #expect(isLimit(fault(String(repeating: "{% if 1 %}", count: count))))
      #expect(isLimit(fault(String(repeating: "{% for a in b %}", count: count))))
    }
  }

  @Test("a conversation of ordinary size stays far below the limits")
  func ordinary() throws {
    let source = """
      {% set ns = namespace(text='') %}
      {%- for m in messages %}{% set ns.text = ns.text ~ m.role ~ ': ' ~ m.content | trim ~ '\\n' %}
      {%- endfor %}{{ ns.text }}
      """
    let template = try ChatTemplate(source: source)
    let messages = (0..<200).map { index in
      ChatMessage(
        role: index % 2 == 0 ? "user" : "assistant", content: String(repeating: "word ", count: 50))
    }
    let text = try template.render(messages, addGenerationPrompt: true).string
    #expect(text.count > 50_000)
    let long = String(repeating: "0123456789abcdef", count: 1 << 16)
    #expect(try render("{{ messages[0].content | trim }}", content: long) == long)
  }

  @Test("rendering again gives the same, and frees what a template ties into knots")
  func repeated() throws {
    let source = """
      {% macro f() %}{{ g }}{% endmacro %}{% set g = 1 %}{% set ns = namespace(f=f) %}\
      {% set ns.ns = ns %}{% for i in [1] %}{% macro h() %}{{ i }}{% endmacro %}{{ h() }}\
      {% set _ = loop.changed(loop) %}{% endfor %}{{ f() }}
      """
    let template = try ChatTemplate(source: source)
    let messages = [ChatMessage(role: "user", content: "x")]
    let first = try template.render(messages, addGenerationPrompt: true)
    for _ in 0..<100 {
      #expect(try template.render(messages, addGenerationPrompt: true) == first)
    }
  }

  @Test("no change of a template's or a conversation's bytes makes the interpreter trap")
  func mutations() throws {
    var generator = SeededGenerator(seed: 7)
    let sources = [
      "{% for m in messages if m.role == 'user' %}{{ m.content[1:-1] ~ loop.index0 | string }}{% endfor %}",
      "{% set ns = namespace(a=[1, 2.5]) %}{% set ns.a = ns.a + [(3,)] %}{{ ns.a[::-1] | tojson(indent=2) }}",
      "{% macro m(a, b=2) %}{{ '%s-%05d' % (a, b) }}{% endmacro %}{{ m('x') }}{% raw %}{{ {% endraw %}",
      "{{ 'a,b,c'.split(',', 1) | map('upper') | join('-') | replace('A', 'z') | indent(3, true) }}",
      "{%- if 1 < 2 <= 3 and 'a' not in 'b' -%}{{ -7 // 2 ** 3 % 5 }}{# c #}{%- else -%}x{%- endif -%}",
      "{{ 'äöü😀'.center(9, '*')[2:7] }}{{ [3, 1, 2] | sort | batch(2, 0) | list }}{{ {'a': 1}.items() }}",
    ]
    let extra = Array("{}%#-+'\"\\|.,:()[]=<>!~*/ \n0123456789ex_ifnotand".utf8)
    var rendered = 0
    for round in 0..<3000 {
      var bytes = Array(sources[round % sources.count].utf8)
      for _ in 0...generator.below(4) {
        let place = generator.below(bytes.count)
        switch generator.below(4) {
        case 0: bytes[place] = extra[generator.below(extra.count)]
        case 1: bytes.insert(extra[generator.below(extra.count)], at: place)
        case 2: bytes.remove(at: place)
        default:
          let end = place + generator.below(bytes.count - place)
          bytes.insert(contentsOf: bytes[place..<end], at: generator.below(bytes.count))
        }
      }
      if (try? render(String(decoding: bytes, as: UTF8.self), content: "c😀")) != nil {
        rendered += 1
      }
    }
    // Reaching this line is the test; enough of the mutants have to get as far as being run.
    #expect(rendered > 100)
  }
}

/// A small reproducible source of numbers.
struct SeededGenerator {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  /// A number from 0 up to, not including, a bound, which is at least 1.
  mutating func below(_ bound: Int) -> Int {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return Int((mixed ^ (mixed >> 31)) % UInt64(max(bound, 1)))
  }
}
