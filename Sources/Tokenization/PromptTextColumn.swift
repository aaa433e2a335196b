/// Which column of a file says what a line is about.
enum PromptTextColumn {
  /// A prompt, or the messages of a conversation.
  case prompts
  /// A column of another name; then `prompt` and `messages` have no meaning.
  case column(String)

  /// The columns of which a line needs one.
  var names: [String] {
    switch self {
    case .prompts: [Prompt.Field.prompt.rawValue, Prompt.Field.messages.rawValue]
    case .column(let name): [name]
    }
  }

  /// What a column means; nil for one without a meaning here.
  func field(of name: String) -> Prompt.Field? {
    switch self {
    case .prompts: return Prompt.Field(rawValue: name)
    case .column(let text):
      if name == text { return .prompt }
      let field = Prompt.Field(rawValue: name)
      return field == .prompt || field == .messages ? nil : field
    }
  }
}
