import Foundation
import Testing

/// Something a person gets wrong, and how the command has to take it.
struct BadInput: Sendable, CustomTestStringConvertible {
  let id: String
  /// The exit code after sysexits.
  let code: Int32
  /// What the sentence has to say.
  let words: [String]
  /// Makes the files and gives the arguments.
  let arguments: @Sendable (TestFolder) async throws -> [String]

  var testDescription: String { id }

  init(
    _ id: String, _ code: Int32, _ words: String...,
    arguments: @escaping @Sendable (TestFolder) async throws -> [String]
  ) {
    self.id = id
    self.code = code
    self.words = words
    self.arguments = arguments
  }

  /// Runs the command and checks how it ends.
  func check() async throws {
    let folder = try TestFolder()
    try folder.write("{\"prompt\": \"hello\"}\n", to: "one.jsonl")
    let arguments = try await arguments(folder)
    let before = try folder.contents()
    let result = try await plumb(arguments, in: folder)
    #expect(result.signal == nil, "a signal ended the command")
    #expect(result.code == code, "\(result.messages)")
    #expect(result.output.isEmpty, "there is a result")
    for word in words {
      #expect(result.messages.contains(word), "the sentence lacks \"\(word)\": \(result.messages)")
    }
    let lines = result.messageLines
    if lines.first?.hasPrefix("Error: ") == true {
      #expect(code == 64, "only the command line's own errors come with the usage")
      #expect(lines.count { $0.hasPrefix("Error: ") } == 1)
      #expect(lines.contains { $0.hasPrefix("Usage: ") })
    } else {
      #expect(lines.count == 1, "more than a line: \(result.messages)")
      #expect(lines.first?.hasPrefix("plumb: ") == true, "\(result.messages)")
      #expect(lines.first?.hasSuffix(".") == true || lines.first?.hasSuffix("?") == true)
    }
    #expect(try folder.contents() == before, "a file was made or changed")
  }
}

@Suite("Bad input")
struct BadInputTests {
  @Test("models are refused with a sentence", arguments: BadInput.models)
  func models(_ input: BadInput) async throws { try await input.check() }

  @Test("prompt files are refused with a sentence", arguments: BadInput.prompts)
  func prompts(_ input: BadInput) async throws { try await input.check() }

  @Test("options are refused with a sentence", arguments: BadInput.options)
  func options(_ input: BadInput) async throws { try await input.check() }

  @Test("outputs are refused with a sentence", arguments: BadInput.outputs)
  func outputs(_ input: BadInput) async throws { try await input.check() }

  @Test("stores and probes are refused with a sentence", arguments: BadInput.stores)
  func stores(_ input: BadInput) async throws { try await input.check() }

  @Test("vectors are refused with a sentence", arguments: BadInput.vectors)
  func vectors(_ input: BadInput) async throws { try await input.check() }

  @Test("analyses of layers are refused with a sentence", arguments: BadInput.layers)
  func layers(_ input: BadInput) async throws { try await input.check() }

  @Test("audits are refused with a sentence", arguments: BadInput.audits)
  func audits(_ input: BadInput) async throws { try await input.check() }

  @Test("mixes are refused with a sentence", arguments: BadInput.mixes)
  func mixes(_ input: BadInput) async throws { try await input.check() }

  @Test(
    "adapters and what is made of them are refused with a sentence", arguments: BadInput.adapters)
  func adapters(_ input: BadInput) async throws { try await input.check() }

  @Test("activations captured elsewhere are refused with a sentence", arguments: BadInput.imports)
  func imports(_ input: BadInput) async throws { try await input.check() }

  @Test("runs that cannot be tuned are refused with a sentence", arguments: BadInput.tuning)
  func tuning(_ input: BadInput) async throws { try await input.check() }
}
