import ArgumentParser
import Foundation
import Inference
import ModelFiles
import Tokenization

/// Token ids of each line of a file.
struct TokenizeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokenize",
    abstract: "Print the token ids of each line of a JSONL file, one JSON array a line.",
    discussion: """
      Each line is an object with "text" or "prompt". The text is tokenized as it is (--raw, the \
      default: no template, no BOS) or rendered as a user's turn with the model's chat template \
      (--chat). Special tokens in it are plain text unless --parse-special.
      """)

  @OptionGroup var model: ModelOption
  @Flag(help: "Tokenize the text as it is, or as a chat.")
  var form: Form = .raw
  @Flag(help: "Let special tokens in the text be special.")
  var parseSpecial = false
  @Argument(help: "A JSONL file, or - for standard input.")
  var file: String

  enum Form: String, EnumerableFlag {
    case raw, chat
  }

  func run() throws {
    let source = try model.open().checkpoint.tokenizer
    let encoder = try PromptEncoder(
      source, options: PromptEncoder.Options(parsesSpecialTokens: parseSpecial))
    var number = 0
    for line in try bytes().split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      number += 1
      if line.allSatisfy({ $0 == 0x20 || $0 == 0x0D || $0 == 0x09 }) { continue }
      let text = try text(of: Array(line), number: number)
      let ids =
        switch form {
        case .raw: encoder.tokenizer.encode(text, parsingSpecialTokens: parseSpecial)
        case .chat: try encoder.encode([ChatMessage(role: "user", content: text)]).ids
        }
      try Console.output("[" + ids.map(String.init).joined(separator: ", ") + "]")
    }
  }

  private func text(of line: [UInt8], number: Int) throws -> String {
    do {
      let object = try JSONValue.parse(line).asObject
      guard let text = (object?["text"] ?? object?["prompt"])?.asString else {
        throw CommandError.line(
          file: name, number: number, problem: "it is no object with \"text\" or \"prompt\"")
      }
      return text.string
    } catch let error as JSONError {
      throw CommandError.line(file: name, number: number, problem: error.description)
    }
  }

  private func bytes() throws -> [UInt8] {
    if file == "-" {
      return Array(FileHandle.standardInput.readDataToEndOfFile())
    }
    let mapped: MappedFile
    do {
      mapped = try MappedFile(path: file)
    } catch {
      // No lines make no arrays, from a file as from a pipe.
      guard case .emptyFile = error else { throw error }
      return []
    }
    return unsafe mapped.withBytes { unsafe Array($0) }
  }

  /// The input, for messages.
  private var name: String { file == "-" ? "standard input" : file }
}
