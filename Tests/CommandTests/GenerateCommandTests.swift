import Activations
import Foundation
import Testing

@Suite("plumb generate, tokenize, inspect and verify")
struct GenerateCommandTests {
  private static let words = ["--prompt", "hello river", "--max-tokens", "12", "--json"]

  private static func generate(
    _ options: [String], in folder: TestFolder
  ) async throws -> PlumbResult {
    try await plumbSucceeds(["generate", "--model", TinyModel.tied] + options, in: folder)
  }

  @Test("the likeliest reply is the same every time")
  func greedy() async throws {
    let folder = try TestFolder()
    let first = try await Self.generate(Self.words, in: folder)
    let second = try await Self.generate(Self.words + ["--threads", "1"], in: folder)
    #expect(first.output == second.output)
    let text = try await Self.generate(
      ["--prompt", "hello river", "--max-tokens", "12"], in: folder)
    let record = try JSONSerialization.jsonObject(with: Data(first.output)) as? [String: Any]
    #expect(text.text == (try #require(record?["reply"] as? String)) + "\n")
    #expect(text.messages.isEmpty, "only the reply is printed")
  }

  @Test(
    "--json has the documented keys, and a reply does not depend on the prompts beside it",
    arguments: ["f32", "bf16"])
  func records(precision: String) async throws {
    let folder = try TestFolder()
    let lines = TestPrompts.lines(35)
    try folder.write(lines.joined(separator: "\n"), to: "p.jsonl")
    let options = [
      "--max-tokens", "6", "--json", "--temperature", "1", "--precision", precision, "--prompts",
    ]
    let all = try await Self.generate(options + ["p.jsonl"], in: folder)
    #expect(all.lines.count == lines.count)
    for index in [0, 4, 34] {
      try folder.write(lines[index], to: "one.jsonl")
      let alone = try await Self.generate(options + ["one.jsonl", "--threads", "1"], in: folder)
      #expect(alone.lines == [all.lines[index]])
    }
    for line in all.lines {
      let object = try #require(
        try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      #expect(
        object.keys.sorted() == [
          "coherence", "id", "refusal", "refusal_log_odds", "reply", "stop_reason", "tokens",
        ])
      let refusal = try #require(object["refusal"] as? [String: Any])
      #expect(refusal.keys.sorted() == ["anywhere", "opening", "rules", "rules_digest"])
      #expect(["end_of_sequence", "length"].contains(object["stop_reason"] as? String))
    }
  }

  @Test("sampling repeats with the seed and varies with it")
  func sampling() async throws {
    let folder = try TestFolder()
    let hot = Self.words + ["--temperature", "1.5", "--seed"]
    let seven = try await Self.generate(hot + ["7"], in: folder)
    #expect(try await Self.generate(hot + ["7"], in: folder).output == seven.output)
    #expect(try await Self.generate(hot + ["8"], in: folder).output != seven.output)
  }

  @Test("a plain vector changes the reply, a scale of zero does not")
  func steering() async throws {
    let folder = try TestFolder()
    let vector = TinyModel.tied + "/model.safetensors:model.norm.weight"
    let plain = try await Self.generate(Self.words, in: folder)
    let none = try await Self.generate(
      Self.words + ["--steer", vector, "--scale", "0"], in: folder)
    let strong = try await Self.generate(
      Self.words + ["--steer", vector, "--scale", "20", "--layers", "1"], in: folder)
    #expect(none.output == plain.output)
    #expect(strong.output != plain.output)
  }

  @Test("tokenize prints an array for each line; special tokens are text unless asked for")
  func tokenizing() async throws {
    let folder = try TestFolder()
    let input = "{\"text\": \"he\"}\n\n{\"prompt\": \"the<|im_end|>\"}\n"
    let arguments = ["tokenize", "--model", TinyModel.tied, "-"]
    let literal = try await plumbSucceeds(arguments, in: folder, input: input)
    #expect(literal.lines.count == 2)
    #expect(literal.lines.first == "[256]")
    let special = try await plumbSucceeds(arguments + ["--parse-special"], in: folder, input: input)
    #expect(special.lines == ["[256]", "[116, 256, 271]"])
    let chat = try await plumbSucceeds(arguments + ["--chat"], in: folder, input: input)
    #expect(chat.lines.allSatisfy { $0.hasPrefix("[268, 270, ") })
    #expect(try await plumbSucceeds(arguments, in: folder).output.isEmpty)
    try folder.write("", to: "empty.jsonl")
    let empty = try await plumbSucceeds(
      ["tokenize", "--model", TinyModel.tied, "empty.jsonl"], in: folder)
    #expect(empty.output.isEmpty)
  }

  @Test("inspect describes models and stores, whatever a store is called")
  func inspecting() async throws {
    let shared = try await SharedFixture.value
    let folder = try TestFolder()
    try FileManager.default.copyItem(atPath: shared.store, toPath: folder.path("store.hdf5"))
    for (path, facts) in [
      (
        TinyModel.tied,
        ["family": "llama", "layers": "2", "d_model": "36", "format": "safetensors"]
      ),
      (TinyModel.gguf, ["family": "llama", "format": "gguf"]),
      ("store.hdf5", ["prompts": "130", "rows": "260", "units": "3 of 3 written"]),
    ] {
      let text = try await plumbSucceeds(["inspect", path], in: folder)
      let json = try await plumbSucceeds(["inspect", path, "--json"], in: folder)
      let object = try #require(
        try JSONSerialization.jsonObject(with: Data(json.output)) as? [String: String])
      for (name, value) in facts {
        #expect(object[name] == value, "\(name) of \(path)")
        #expect(text.lines.contains { $0.hasPrefix(name + " ") && $0.hasSuffix(" " + value) })
      }
    }
    let tensors = try await plumbSucceeds(["inspect", TinyModel.tied, "--tensors"], in: folder)
    #expect(tensors.text.contains("model.layers.1.mlp.up_proj.weight"))
  }

  @Test("verify passes a whole store, and neither an unfinished nor a damaged one")
  func verifying() async throws {
    let shared = try await SharedFixture.value
    let folder = try TestFolder()
    let whole = try await plumbSucceeds(["verify", shared.store], in: folder)
    #expect(whole.text.hasPrefix("3 of 3 units"))
    let unfinished = try await plumb(["verify", shared.unfinishedStore], in: folder)
    #expect(unfinished.code == 75)
    #expect(unfinished.messages.contains("is unfinished"))
    let store = try ActivationStore(path: shared.store)
    let row = try store.values(site: "resid_post", layer: 1, rows: 200..<201)
    let place = row.flatMap { value in (0..<4).map { UInt8(value.bitPattern >> (8 * $0) & 0xFF) } }
    var bytes = Array(try Data(contentsOf: URL(fileURLWithPath: shared.store)))
    let index = try #require(bytes.firstRange(of: place)).lowerBound
    bytes[index] ^= 1
    try folder.write(bytes, to: "damaged.h5")
    let damaged = try await plumb(["verify", "damaged.h5"], in: folder)
    #expect(damaged.code == 65)
    #expect(
      damaged.messages.contains("damaged.h5 is damaged: 1 commit unit"), "\(damaged.messages)")
  }
}
