import ModelFiles
import Tokenization

/// The prompts of activations captured elsewhere, as tokens.
struct ImportedPrompts {
  /// Each prompt's tokens, with the text of its messages.
  let tokenized: [TokenizedPrompt]
  /// The digest of what made the tokens.
  let tokenizerDigest: String

  /// Takes the tokens that the description names, or numbers the prompts' words.
  init(_ set: PromptSet, _ description: ImportDescription, _ arrays: ImportedArrays) throws {
    if let tokens = description.tokens {
      tokenized = try Self.prompts(set, tokens, arrays)
      tokenizerDigest = Digest.sha256(of: Array("imported:\(tokens.tokenizer)".utf8))
    } else {
      tokenized = try Self.words(of: set)
      tokenizerDigest = Digest.sha256(of: Array("imported:words".utf8))
    }
  }

  /// Gives every word and every other mark a number, in the order in which they first appear.
  private static func words(of set: PromptSet) throws(ImportError) -> [TokenizedPrompt] {
    var numbers: [ByteString: Int32] = [:]
    var prompts: [TokenizedPrompt] = []
    for prompt in set.prompts {
      var ids: [Int32] = []
      var roles: [PositionRole] = []
      for message in prompt.messages {
        for word in message.content.wordsAndMarks {
          let number = numbers[word] ?? Int32(numbers.count)
          numbers[word] = number
          ids.append(number)
          roles.append(PositionRole(ofMessage: message.role))
        }
      }
      guard !ids.isEmpty else { throw .noWords(path: set.path, line: prompt.line) }
      prompts.append(TokenizedPrompt(ids: ids, roles: roles, text: prompt.importedText))
    }
    return prompts
  }

  private static func prompts(
    _ set: PromptSet, _ tokens: ImportDescription.Tokens, _ arrays: ImportedArrays
  ) throws -> [TokenizedPrompt] {
    let count = set.prompts.count
    let ids = try arrays.integers(tokens.ids, shape: [nil])
    let offsets = try arrays.integers(tokens.offsets, shape: [count + 1])
    let roles = try tokens.roles.map { try arrays.integers($0, shape: [ids.count]) }
    func problem(_ reference: ImportDescription.Reference, _ text: String) throws -> ImportError {
      .table(file: try arrays.array(reference).file.path, array: reference.name, problem: text)
    }
    guard
      offsets.first == 0, offsets.last == ids.count,
      zip(offsets, offsets.dropFirst()).allSatisfy(<)
    else {
      throw try problem(
        tokens.offsets,
        "its values do not rise from 0 to the \(ids.count) tokens, at least one a prompt")
    }
    guard ids.allSatisfy({ $0 >= 0 && $0 <= Int(Int32.max) }) else {
      throw try problem(tokens.ids, "a token id is negative or above \(Int32.max)")
    }
    let named = roles?.map { UInt8(exactly: $0).flatMap(PositionRole.init) }
    if let reference = tokens.roles, named?.contains(nil) == true {
      throw try problem(
        reference, "a role is none of 0 (template) to \(PositionRole.allCases.count - 1)")
    }
    return zip(set.prompts, zip(offsets, offsets.dropFirst())).map { prompt, bounds in
      let range = bounds.0..<bounds.1
      return TokenizedPrompt(
        ids: ids[range].map { Int32($0) },
        roles: named.map { $0[range].compactMap(\.self) }
          ?? Array(repeating: .user, count: range.count),
        text: prompt.importedText)
    }
  }
}

extension Prompt {
  /// The content of all messages; no template has rendered them.
  fileprivate var importedText: [UInt8] {
    Array(messages.map(\.content).joined(separator: "\n").utf8)
  }
}

extension String {
  /// Runs of letters and digits, and every other character that is no space, by itself.
  fileprivate var wordsAndMarks: [ByteString] {
    var words: [ByteString] = []
    var word: [UInt8] = []
    for character in self {
      if character.isLetter || character.isNumber {
        word += character.utf8
        continue
      }
      if !word.isEmpty { words.append(ByteString(word)) }
      word = []
      if !character.isWhitespace { words.append(ByteString(character.utf8)) }
    }
    if !word.isEmpty { words.append(ByteString(word)) }
    return words
  }
}
