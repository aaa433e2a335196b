import ModelFiles

extension TokenView {
  /// Most bytes of prompts that a page carries; more would make it slow to open.
  private static let byteLimit = 800_000

  /// A choice of prompts, the tokens of the chosen one in colours, and the same as a table.
  func html(number: Int) -> HTML {
    var shown: [JSONValue] = []
    var byteCount = 0
    for prompt in prompts {
      let value = prompt.json
      byteCount += value.text().count
      if byteCount > Self.byteLimit, !shown.isEmpty { break }
      shown.append(value)
    }
    let left =
      shown.count == prompts.count
      ? ""
      : " The first \(shown.count) of \(prompts.count) prompts; the others would make the page too large."
    let largest = prompts.flatMap(\.tokens).compactMap(\.score).map(abs).max() ?? 1
    return .element(
      "div", [.init("class", "tokens"), .init("data-largest", "\(max(largest, 1e-9))")],
      .json(JSONValue.array(shown).string, [.init("class", "prompts")]),
      .element(
        "div", [.init("class", "controls"), .init("hidden")],
        select("Label", class: "labels", number: number),
        select("Prompt", class: "choice", number: number)),
      .element(
        "div",
        [
          .init("class", "text"), .init("role", "group"),
          .init("aria-label", "Tokens of the chosen prompt"),
        ]),
      .element("p", [.init("class", "reading"), .init("aria-live", "polite")]),
      .element(
        "div", [.init("class", "scale"), .init("hidden"), .init("aria-hidden", "true")],
        .element("span", text: "−\(scaleText(largest))"),
        .element("span", [.init("class", "ramp")]),
        .element("span", text: "+\(scaleText(largest))")),
      .element(
        "p", [.init("class", "note")],
        text: """
          Log-odds of class 1 by the probe of \(cell) at each token: blue below zero, orange above, no \
          colour at zero, a dotted line where nothing was captured.\(left)
          """),
      .element("noscript", [], .element("p", text: "Token scores need JavaScript.")),
      .element(
        "details", [.init("class", "data")],
        .element("summary", text: "The prompt's tokens as a table"),
        .element("div", [.init("class", "token-table")])))
  }

  private func scaleText(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }

  private func select(_ title: String, class name: String, number: Int) -> HTML {
    .element(
      "label", [],
      .text(title),
      .element("select", [.init("class", name), .init("id", "\(name)-\(number)")]))
  }
}

extension TokenView.Prompt {
  fileprivate var json: JSONValue {
    [
      "id": .shown(id), "label": label.map { .shown($0) } ?? .null,
      "tokens": .array(
        tokens.map { token in
          [
            .shown(token.text), .shown(token.role),
            .number(token.score.map { ($0 * 1000).rounded() / 1000 }),
          ]
        }),
    ]
  }
}
