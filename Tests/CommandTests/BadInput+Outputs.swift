import Foundation
import Testing

extension BadInput {
  /// A row for an output of `extract` and options beside it.
  private static func output(
    _ id: String, _ code: Int32, _ words: String..., to output: String, options: [String] = [],
    make: @escaping @Sendable (TestFolder) async throws -> Void = { _ in }
  ) -> BadInput {
    BadInput(id: id, code: code, words: words) { folder in
      try await make(folder)
      return ["extract", "--model", TinyModel.tied, "--prompts", "one.jsonl", "--output", output]
        + options
    }
  }

  static let outputs: [BadInput] = [
    output("output in no folder", 73, "nowhere/out.h5", "No such file", to: "nowhere/out.h5"),
    output("output below a file", 73, "one.jsonl/out.h5", "Not a dir", to: "one.jsonl/out.h5"),
    output("output without a name", 73, "cannot be created", to: ""),
    output(
      "shard without a name", 73, "cannot be created", to: "", options: ["--shard", "0/2"]),
    output(
      "shard in no folder", 73, "nowhere", "No such file", to: "nowhere/out.h5",
      options: ["--shard", "0/2"]),
    output("output that is a folder", 73, "out.h5 is a folder", to: "out.h5") {
      try $0.write("text", to: "out.h5/notes.txt")
    },
    intoInputs("output in the place of the prompts", "one.jsonl"),
    intoInputs("output in the place of the weights", "model/model.safetensors"),
    intoInputs("output in the place of the tokenizer", "model/tokenizer.json"),
    intoInputs("unfinished output in the place of the prompts", "one", prompts: "one.part"),
    intoInputs("manifest in the place of the prompts", "one.h5", prompts: "one.manifest.json"),
    output("output that exists", 73, "out.h5 exists already", "--overwrite", to: "out.h5") {
      try $0.write("mine", to: "out.h5")
    },
    output(
      "unfinished output of other sites", 78, "out.h5.part", "sites", "attn_out", "--overwrite",
      to: "out.h5", options: ["--sites", "attn_out"], make: leaveUnfinished),
    output(
      "unfinished output of another model", 78, "out.h5.part", "model", to: "out.h5",
      options: ["--model", TinyModel.path("llama-biased")], make: leaveUnfinished),
    output(
      "unfinished output of another system text", 78, "out.h5.part", "system", "Be kind.",
      to: "out.h5", options: ["--system", "Be kind."], make: leaveUnfinished),
    output("unfinished output that is no store", 65, "out.h5.part", to: "out.h5") {
      try $0.write("not a store", to: "out.h5.part")
    },
    BadInput("results below a file", 73, "one.jsonl/results") { _ in
      ["probe", try await SharedFixture.value.store, "--output", "one.jsonl/results"]
    },
    BadInput("results in the place of a file", 73, "one.jsonl") { _ in
      ["probe", try await SharedFixture.value.store, "--output", "one.jsonl"]
    },
    BadInput("results without a name", 73, "cannot be created") { _ in
      ["probe", try await SharedFixture.value.store, "--output", ""]
    },
    BadInput("results that exist", 73, "results/report.md exists already") { folder in
      try folder.write("mine", to: "results/report.md")
      return ["probe", try await SharedFixture.value.store, "--output", "results"]
    },
  ]

  /// A row for an output that would replace an input, which may have a strange name.
  private static func intoInputs(
    _ id: String, _ output: String, prompts: String = "one.jsonl"
  ) -> BadInput {
    let lost = output.hasSuffix("jsonl") || prompts != "one.jsonl" ? prompts : output
    return BadInput(id: id, code: 64, words: [output, "would replace", lost, "inputs"]) { folder in
      try folder.write(try folder.bytes("one.jsonl"), to: prompts)
      try folder.copyModel("llama-tied")
      return [
        "extract", "--model", "model", "--prompts", prompts, "--output", output, "--overwrite",
      ]
    }
  }

  /// An unfinished file is a finished one under another name.
  private static func leaveUnfinished(_ folder: TestFolder) async throws {
    try await plumbSucceeds(
      ["extract", "--model", TinyModel.tied, "--prompts", "one.jsonl", "--output", "first.h5"],
      in: folder)
    try FileManager.default.moveItem(at: folder.url("first.h5"), to: folder.url("out.h5.part"))
    try FileManager.default.removeItem(at: folder.url("first.manifest.json"))
  }
}
