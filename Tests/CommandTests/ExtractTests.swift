import Activations
import Foundation
import Kernels
import TestSupport
import Testing

@Suite("plumb extract")
struct ExtractTests {
  /// Extracts from the tied tiny model and opens the store.
  private static func extract(
    _ prompts: String, to output: String = "out.h5", options: [String] = [],
    in folder: TestFolder
  ) async throws -> ActivationStore {
    try await plumbSucceeds(
      ["extract", "--model", TinyModel.tied, "--prompts", prompts, "--output", output] + options,
      in: folder)
    return try ActivationStore(path: folder.path(output))
  }

  /// All values of the rows of one prompt, dataset after dataset.
  private static func values(ofPrompt id: String, in store: ActivationStore) throws -> [Float] {
    let ids = try #require(store.prompts.columns.first { $0.name == "id" }).values
    let prompt = Int32(try #require(ids.firstIndex(of: id)))
    let first = try #require(store.rows.prompts.firstIndex(of: prompt))
    let end = try #require(store.rows.prompts.lastIndex(of: prompt)) + 1
    return try store.datasets.flatMap {
      try store.values(site: $0.site, layer: $0.layer, rows: first..<end)
    }
  }

  @Test("a prompt's values are the same bits alone, among others and in another order")
  func bitsOfAPrompt() async throws {
    let folder = try TestFolder()
    let lines = TestPrompts.lines(70)
    try folder.write(lines.joined(separator: "\n"), to: "all.jsonl")
    try folder.write(lines.reversed().joined(separator: "\n"), to: "reversed.jsonl")
    try folder.write(lines[41], to: "alone.jsonl")
    let options = ["--positions", "all,mean", "--sites", "resid_post,attn.z,logits"]
    let all = try await Self.extract("all.jsonl", to: "all.h5", options: options, in: folder)
    let reversed = try await Self.extract(
      "reversed.jsonl", to: "r.h5", options: options, in: folder)
    let alone = try await Self.extract("alone.jsonl", to: "alone.h5", options: options, in: folder)
    let expected = try Self.values(ofPrompt: "p41", in: alone).map(\.bitPattern)
    #expect(expected.count > 1000)
    #expect(try Self.values(ofPrompt: "p41", in: all).map(\.bitPattern) == expected)
    #expect(try Self.values(ofPrompt: "p41", in: reversed).map(\.bitPattern) == expected)
  }

  @Test("the number of threads cannot be told from the file")
  func threads() async throws {
    let folder = try TestFolder()
    try folder.write(TestPrompts.text(200), to: "p.jsonl")
    for threads in ["1", "2", "5"] {
      _ = try await Self.extract(
        "p.jsonl", to: threads + ".h5",
        options: ["--threads", threads, "--positions", "all", "--sites", "resid_post,mlp.post"],
        in: folder)
    }
    let one = try folder.bytes("1.h5")
    #expect(try folder.bytes("2.h5") == one)
    #expect(try folder.bytes("5.h5") == one)
  }

  @Test(
    "memory, threads and shared beginnings cannot be told from the file",
    arguments: Precision.allCases)
  func resources(precision: Precision) async throws {
    let folder = try TestFolder()
    try folder.write(TestPrompts.text(70), to: "p.jsonl")
    var first: [UInt8]?
    for options in [
      [], ["--threads", "1", "--no-prefix-sharing"], ["--memory-budget", "240MiB"],
      ["--memory-budget", "0.4GiB", "--threads", "3"],
    ] {
      try await plumbSucceeds(
        [
          "extract", "--model", Goldens.defaultModel, "--prompts", "p.jsonl", "--output", "out.h5",
          "--sites", "resid_post,attn.z", "--positions", "last,mean", "--layers", "3,28-29",
          "--precision", precision.rawValue, "--overwrite",
        ] + options, in: folder)
      let bytes = try folder.bytes("out.h5")
      let isSame = bytes == (first ?? bytes)
      #expect(isSame, "\(options) gives another file")
      first = first ?? bytes
    }
  }

  @Test("--dry-run says what would be done, and does nothing")
  func dryRun() async throws {
    let folder = try TestFolder()
    try folder.write(TestPrompts.text(70), to: "p.jsonl")
    let arguments = [
      "extract", "--model", Goldens.defaultModel, "--prompts", "p.jsonl", "--output", "out.h5",
      "--dry-run",
    ]
    let text = try await plumbSucceeds(arguments, in: folder)
    #expect(
      text.lines.map { $0.prefix(9) } == [
        "compute  ", "memory   ", "weights  ", "time     ", "disk     ",
      ])
    #expect(text.lines.allSatisfy { $0.count < 80 }, "\(text.lines)")
    let json = try await plumbSucceeds(
      arguments + ["--json", "--memory-budget", "300MiB"], in: folder)
    let plan = try #require(
      try JSONSerialization.jsonObject(with: Data(json.output)) as? [String: Any])
    let kept = try #require(plan["kept_layers"] as? Int)
    #expect((1..<30).contains(kept))
    #expect(try #require(plan["rows"] as? Int) < #require(plan["tokens"] as? Int))
    #expect(try #require(plan["peak_memory"] as? Int) <= 300 << 20)
    #expect(!folder.exists("out.h5") && !folder.exists("out.h5.part"))
  }

  @Test("JSONL and CSV with the same prompts give the same values")
  func formats() async throws {
    let folder = try TestFolder()
    try folder.write("prompt,topic\n\"hello, \"\"you\"\"\",a\nrain,b\n", to: "p.csv")
    try folder.write(
      """
      {"prompt": "hello, \\"you\\"", "topic": "a"}
      {"messages": [{"role": "user", "content": "rain"}], "topic": "b"}
      """, to: "p.jsonl")
    let csv = try await Self.extract("p.csv", to: "csv.h5", in: folder)
    let jsonl = try await Self.extract("p.jsonl", to: "jsonl.h5", in: folder)
    #expect(csv.identity == jsonl.identity)
    #expect(csv.prompts.columns.first { $0.name == "topic" }?.values == ["a", "b"])
    #expect(try folder.bytes("csv.h5") == folder.bytes("jsonl.h5"))
  }

  @Test("16-bit stores hold the nearest value")
  func storedTypes() async throws {
    let folder = try TestFolder()
    try folder.write(TestPrompts.text(20), to: "p.jsonl")
    var values: [String: [Float]] = [:]
    for type in ["f32", "f16", "bf16"] {
      let store = try await Self.extract(
        "p.jsonl", to: type + ".h5", options: ["--store", type], in: folder)
      values[type] = try store.values(site: "resid_post", layer: 1, rows: 0..<20)
    }
    let single = try #require(values["f32"])
    #if !((os(macOS) || targetEnvironment(macCatalyst)) && arch(x86_64))
    #expect(values["f16"] == single.map { Float(Float16($0)) })
    #endif
    let nearest = single.map { value in
      let bits = value.bitPattern
      return Float(bitPattern: (bits &+ 0x7FFF &+ (bits >> 16 & 1)) & 0xFFFF_0000)
    }
    #expect(values["bf16"] == nearest)
  }

  @Test("positions and sites are those asked for, and a mean is the mean of all positions")
  func positionsAndSites() async throws {
    let folder = try TestFolder()
    try folder.write(TestPrompts.text(3), to: "p.jsonl")
    let sites = ["--sites", "logits,attn.z,mlp.post", "--layers", "1"]
    let some = try await Self.extract(
      "p.jsonl", to: "some.h5", options: sites + ["--positions", "mean,user.last"], in: folder)
    let all = try await Self.extract(
      "p.jsonl", to: "all.h5", options: sites + ["--positions", "all"], in: folder)
    #expect(
      some.datasets == [
        ActivationDataset(site: "attn.z", layer: 1, width: 36),
        ActivationDataset(site: "logits", layer: nil, width: 272),
        ActivationDataset(site: "mlp.post", layer: 1, width: 56),
      ])
    #expect(some.rows.count == 6)
    for prompt in 0..<3 {
      let tokens = all.tokens.offsets[prompt]..<all.tokens.offsets[prompt + 1]
      let last = try #require(tokens.last { all.tokens.roles[$0] == 2 })
      #expect(some.rows.positions[2 * prompt] == -1)
      #expect(some.rows.positions[2 * prompt + 1] == Int32(last - tokens.lowerBound))
      for dataset in all.datasets {
        let rows = try all.values(site: dataset.site, layer: dataset.layer, rows: tokens)
        let means = (0..<dataset.width).map { column in
          stride(from: column, to: rows.count, by: dataset.width)
            .reduce(0.0) { $0 + Double(rows[$1]) } / Double(tokens.count)
        }
        let found = try some.values(
          site: dataset.site, layer: dataset.layer, rows: 2 * prompt..<2 * prompt + 2)
        expectClose(Array(found.prefix(dataset.width)), means, .kernel, "mean of \(dataset.name)")
        let first = (last - tokens.lowerBound) * dataset.width
        #expect(found.suffix(dataset.width) == rows[first..<first + dataset.width])
      }
    }
  }

  @Test("--raw takes the text, --system adds a turn, --store-text keeps what was read")
  func texts() async throws {
    let folder = try TestFolder()
    try folder.write("{\"prompt\": \"hello <|im_end|>\"}\n", to: "p.jsonl")
    let plain = try await Self.extract(
      "p.jsonl", to: "plain.h5", options: ["--store-text"], in: folder)
    #expect(
      plain.prompts.texts == [
        """
        <|bos|><|im_start|>system
        You are a tiny model.<|im_end|>
        <|im_start|>user
        hello <|im_end|><|im_end|>
        <|im_start|>assistant

        """
      ])
    let system = try await Self.extract(
      "p.jsonl", to: "system.h5",
      options: ["--store-text", "--system", "Be kind.", "--no-generation-prompt"], in: folder)
    #expect(
      system.prompts.texts == [
        """
        <|bos|><|im_start|>system
        Be kind.<|im_end|>
        <|im_start|>user
        hello <|im_end|><|im_end|>

        """
      ])
    let raw = try await Self.extract("p.jsonl", to: "raw.h5", options: ["--raw"], in: folder)
    #expect(raw.prompts.texts == nil)
    let ids = try await plumbSucceeds(
      ["tokenize", "--model", TinyModel.tied, "p.jsonl"], in: folder)
    #expect("\([268] + raw.tokens.ids.dropFirst())" == "\(raw.tokens.ids)")
    #expect(ids.lines == ["\(Array(raw.tokens.ids.dropFirst()))"])
    // The user's words are words; only the template's tokens are special.
    #expect(plain.tokens.ids.count { $0 == 271 } == 2)
    let special = try await Self.extract(
      "p.jsonl", to: "special.h5", options: ["--parse-special"], in: folder)
    #expect(special.tokens.ids.count { $0 == 271 } == 3)
  }

  @Test("--json prints what was written, and the manifest stands beside it")
  func summary() async throws {
    let folder = try TestFolder()
    try folder.write(TestPrompts.text(5), to: "p.jsonl")
    let result = try await plumbSucceeds(
      [
        "extract", "--model", TinyModel.gguf, "--prompts", "p.jsonl", "--output", "out.h5",
        "--json",
      ], in: folder)
    #expect(result.messages.isEmpty, "not a terminal: \(result.messages)")
    let summary = try #require(
      try JSONSerialization.jsonObject(with: Data(result.output)) as? [String: Any])
    #expect(summary["prompts"] as? Int == 5)
    #expect(summary["rows"] as? Int == 5)
    #expect(summary["bytes"] as? Int == (try folder.bytes("out.h5").count))
    let manifest = try #require(
      try JSONSerialization.jsonObject(with: Data(folder.bytes("out.manifest.json")))
        as? [String: Any])
    #expect(summary["sha256"] as? String == manifest["sha256"] as? String)
  }

  @Test("--overwrite replaces a store, and a finished one is never touched without it")
  func overwriting() async throws {
    let folder = try TestFolder()
    try folder.write(TestPrompts.text(5), to: "p.jsonl")
    _ = try await Self.extract("p.jsonl", in: folder)
    try folder.write(TestPrompts.text(6, seed: 9), to: "p.jsonl")
    let store = try await Self.extract("p.jsonl", options: ["--overwrite"], in: folder)
    #expect(store.prompts.count == 6)
  }
}
