import Foundation

extension BadInput {
  /// A row for `plumb mix`; further options take the place of earlier ones.
  private static func mix(
    _ id: String, _ code: Int32, _ words: String..., data: String? = nil, safety: String? = nil,
    options: [String: String] = [:]
  ) -> BadInput {
    BadInput(id: id, code: code, words: words) { folder in
      try MixCommandTests.write(into: folder)
      if let data { try folder.write(data, to: "train.jsonl") }
      if let safety { try folder.write(safety, to: "safety.jsonl") }
      try folder.write("mine", to: "taken.manifest.json")
      let plain = [
        "data": "train.jsonl", "safety": "safety.jsonl", "arm": "mimic", "rate": "0.1",
        "output": "mixed.jsonl",
      ]
      let merged = plain.merging(options) { $1 }
      return ["mix"] + merged.sorted { $0.key < $1.key }.map { "--\($0.key)=\($0.value)" }
    }
  }

  static let mixes: [BadInput] = [
    mix("mix: no data", 66, "none.jsonl", "does not exist", options: ["data": "none.jsonl"]),
    mix("mix: an arm that is none", 64, "mimik", "longest", options: ["arm": "mimik"]),
    mix("mix: a rate above 1", 64, "1.5", "from 0 to 1", options: ["rate": "1.5"]),
    mix("mix: a rate that is no number", 64, "nan", "from 0 to 1", options: ["rate": "nan"]),
    mix("mix: output with another ending", 64, ".jsonl", options: ["output": "mixed.json"]),
    mix("mix: manifest exists", 73, "taken.manifest.json", options: ["output": "taken.jsonl"]),
    mix("mix: output is the data", 73, "train.jsonl", options: ["output": "train.jsonl"]),
    mix("mix: no folder", 73, "nowhere/", options: ["output": "nowhere/mixed.jsonl"]),
    mix("mix: bad JSON", 65, "train.jsonl, line 1", "JSON", data: "{\"prompt\": \"a\n"),
    mix("mix: no answer", 65, "train.jsonl, line 1", "no answer", data: "{\"prompt\": \"a\"}\n"),
    mix(
      "mix: empty answer", 65, "safety.jsonl, line 1", "empty",
      safety: "{\"prompt\": \"a\", \"response\": \"\"}\n"),
    mix(
      "mix: only several turns", 65, "train.jsonl", "several turns",
      data:
        "{\"messages\": [{\"role\": \"user\", \"content\": \"a\"}, {\"role\": \"assistant\", \"content\": "
        + "\"b\"}, {\"role\": \"user\", \"content\": \"c\"}, {\"role\": \"assistant\", \"content\": \"d\"}]}\n"
    ),
    mix(
      "mix: no refusal among the safety examples", 65, "safety.jsonl", "safe_redirection",
      safety: "{\"prompt\": \"a\", \"response\": \"Yes.\"}\n"),
    mix("mix: CSV", 65, "train.csv", ".jsonl", options: ["data": "train.csv"]),
  ]
}
