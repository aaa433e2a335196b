import ArgumentParser
import Tokenization

/// How prompts become tokens.
struct PromptOptions: ParsableArguments {
  @Option(help: "A system text for every prompt.")
  var system: String?
  @Flag(help: "Take prompts as they are, without the chat template.")
  var raw = false
  @Flag(help: "Let special tokens in prompt text be special.")
  var parseSpecial = false
  @Flag(name: .customLong("no-generation-prompt"), help: "Leave out the opening of the reply.")
  var omitsGenerationPrompt = false

  func validate() throws {
    if raw && system != nil {
      throw ValidationError("--system needs a chat template; leave out --raw.")
    }
  }

  /// The same for the encoder.
  var options: PromptEncoder.Options {
    PromptEncoder.Options(
      system: system, isRaw: raw, parsesSpecialTokens: parseSpecial,
      addsGenerationPrompt: !omitsGenerationPrompt)
  }
}
