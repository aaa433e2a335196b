import Foundation
import Testing

extension BadInput {
  /// A row for `probe` on a store that the closure names.
  private static func probe(
    _ id: String, _ code: Int32, _ words: String..., options: [String] = [],
    store: @escaping @Sendable (TestFolder) async throws -> String
  ) -> BadInput {
    BadInput(id: id, code: code, words: words) { folder in
      ["probe", try await store(folder), "--output", "results"] + options
    }
  }

  /// A row for `score` with the shared probes.
  private static func score(
    _ id: String, _ code: Int32, _ words: String..., model: String = TinyModel.tied,
    options: [String] = []
  ) -> BadInput {
    BadInput(id: id, code: code, words: words) { _ in
      ["score", "--probe", try await SharedFixture.value.probes, "--model", model]
        + ["--prompts", "one.jsonl"] + options
    }
  }

  @Sendable private static func shared(_ folder: TestFolder) async throws -> String {
    try await SharedFixture.value.store
  }

  /// Extracts prompts with labels of the test's.
  private static func extract(_ labels: [String], in folder: TestFolder) async throws -> String {
    // None nearly repeats another.
    let texts = [
      "red kite", "blue moon", "oak tree", "cold soup", "fast train", "dim lamp", "wet sand", "jug",
    ]
    let lines = zip(texts, labels).map { "{\"prompt\": \"\($0)\", \"label\": \"\($1)\"}" }
    try folder.write(lines.joined(separator: "\n"), to: "p.jsonl")
    try await plumbSucceeds(
      ["extract", "--model", TinyModel.tied, "--prompts", "p.jsonl", "--output", "p.h5"],
      in: folder)
    return "p.h5"
  }

  static let stores: [BadInput] = [
    probe("no store", 66, "nowhere.h5", "does not exist") { _ in "nowhere.h5" },
    probe("store that is no HDF5 file", 65, "one.jsonl", "HDF5") { _ in "one.jsonl" },
    probe("store that is empty", 65, "empty.h5") { try $0.write("", to: "empty.h5") },
    probe("store cut off", 65, "cut.h5") {
      let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: try await shared($0))))
      return try $0.write(Array(bytes[..<(bytes.count / 2)]), to: "cut.h5")
    },
    probe("store that is unfinished", 75, "unfinished.h5.part", "is unfinished") { folder in
      try await SharedFixture.value.unfinishedStore
    },
    probe("no labels", 64, "kind", "label", options: ["--label", "kind"], store: shared),
    probe("no such positive label", 64, "\"2\"", options: ["--positive", "2"], store: shared),
    probe("no such group column", 64, "kind", options: ["--group", "kind"], store: shared),
    probe("no such split", 64, "split", options: ["--split", "train"], store: shared),
    probe("no threads to probe", 64, "not 0", options: ["--threads", "0"], store: shared),
    probe("labels of one class", 65, "class 1", "both classes") {
      try await extract(Array(repeating: "1", count: 8), in: $0)
    },
    probe("labels that say nothing", 65, "\"maybe\"", "--positive") {
      try await extract(["maybe", "1", "0", "1", "0"], in: $0)
    },
    probe("too few groups", 65, "group") { try await extract(["1", "0"], in: $0) },

    score(
      "probe of another model", 78, "probes.safetensors", "model",
      model: TinyModel.path("llama-biased")),
    score(
      "no such probe", 64, "resid_mid", "resid_post.layer_00.last",
      options: ["--name", "resid_mid"]),
    score("no threads to score", 64, "not 0", options: ["--threads", "0"]),
    BadInput("no probes", 66, "nowhere.safetensors", "does not exist") { _ in
      [
        "score", "--probe", "nowhere.safetensors", "--model", TinyModel.tied, "--prompts",
        "one.jsonl",
      ]
    },
    BadInput("weights as probes", 65, "model.safetensors", "not a file of probes") { _ in
      [
        "score", "--probe", TinyModel.tied + "/model.safetensors", "--model", TinyModel.tied,
        "--prompts", "one.jsonl",
      ]
    },
    BadInput("prompt too long to score", 65, "long.jsonl, line 1", "128") { folder in
      try folder.write(
        "{\"prompt\": \"\(String(repeating: "word ", count: 200))\"}\n", to: "long.jsonl")
      return [
        "score", "--probe", try await SharedFixture.value.probes, "--model", TinyModel.tied,
        "--prompts", "long.jsonl",
      ]
    },
    BadInput("inspecting nothing", 66, "nowhere", "does not exist") { _ in ["inspect", "nowhere"] },
    BadInput("no threads to inspect", 64, "not 0") { _ in
      ["inspect", TinyModel.tied, "--threads", "0"]
    },
    BadInput("comparing one store", 64, "--compare A.h5 B.h5") { _ in
      ["inspect", "--compare", "a.h5"]
    },
    BadInput("two paths and no --compare", 64, "--compare") { _ in ["inspect", "a.h5", "b.h5"] },
    BadInput("comparing three stores", 64, "'c.h5'") { _ in
      ["inspect", "--compare", "a.h5", "b.h5", "c.h5"]
    },
    BadInput("comparing tensors", 64, "--tensors") { _ in
      ["inspect", "--compare", "a.h5", "b.h5", "--tensors"]
    },
    BadInput("comparing with nothing", 66, "nowhere.h5", "does not exist") { folder in
      ["inspect", "--compare", try await shared(folder), "nowhere.h5"]
    },
    BadInput("comparing with a model", 65, TinyModel.gguf, "HDF5") { folder in
      ["inspect", "--compare", try await shared(folder), TinyModel.gguf]
    },
    BadInput("comparing other prompts", 78, "p.h5", "number of prompts is 130", "and 2 in") {
      ["inspect", "--compare", try await shared($0), try await extract(["1", "0"], in: $0)]
    },
    BadInput("verifying what is no store", 65, "one.jsonl", "HDF5") { _ in ["verify", "one.jsonl"]
    },
    BadInput("merging nothing", 64, "Missing expected argument") { _ in ["merge", "-o", "all.h5"] },
    BadInput("merging both ways", 64, "--virtual") { folder in
      [
        "merge", try await SharedFixture.value.store, "--virtual", "--compress", "-o", "all.h5",
      ]
    },
    BadInput("merging what is not there", 66, "nowhere.h5") { _ in
      ["merge", "nowhere.h5", "-o", "all.h5"]
    },
    BadInput("merging an unfinished store", 75, "unfinished.h5.part", "finish") { _ in
      ["merge", try await SharedFixture.value.unfinishedStore, "-o", "all.h5"]
    },
    BadInput("merging a store twice", 64, "the same file") { _ in
      let store = try await SharedFixture.value.store
      return ["merge", store, store, "-o", "all.h5"]
    },
    BadInput("merging into one of the inputs", 64, "would replace a.h5") { folder in
      let bytes = try Data(contentsOf: URL(fileURLWithPath: try await SharedFixture.value.store))
      try folder.write(Array(bytes), to: "a.h5")
      return ["merge", "a.h5", "-o", "a.h5", "--overwrite"]
    },
    BadInput("merging into no folder", 73, "nowhere/all.h5") { _ in
      ["merge", try await SharedFixture.value.store, "-o", "nowhere/all.h5"]
    },
    BadInput("a virtual store of a store elsewhere", 64, "--virtual") { _ in
      ["merge", try await SharedFixture.value.store, "--virtual", "-o", "all.h5"]
    },
    BadInput("verifying nothing", 66, "nowhere.h5") { _ in ["verify", "nowhere.h5"] },
  ]
}
