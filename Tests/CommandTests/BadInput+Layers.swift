import Foundation

extension BadInput {
  /// A row for `plumb layers`; further options take the place of earlier ones.
  private static func layers(
    _ id: String, _ code: Int32, _ words: String..., analysis: String = "gap",
    pairs: String? = nil, options: [String: String] = [:]
  ) -> BadInput {
    BadInput(id: id, code: code, words: words) { folder in
      try folder.write(pairs ?? TestPrompts.text(40), to: "pairs.jsonl")
      try folder.write("{}", to: "taken/result.json")
      let plain = ["model": TinyModel.tied, "prompts": "pairs.jsonl", "output": "out"]
      let merged = plain.merging(options) { $1 }
      return ["layers", analysis]
        + merged.sorted { $0.key < $1.key }.map { "--\($0.key)=\($0.value)" }
    }
  }

  private static func lines(_ label: (Int) -> String) -> String {
    (0..<40).map { "{\"prompt\": \"north \($0)\"\(label($0))}\n" }.joined()
  }

  static let layers: [BadInput] = [
    layers("layers: no labels", 65, "no label in the column label", pairs: lines { _ in "" }),
    layers(
      "layers: one class", 65, "0 prompts of label 0", pairs: lines { _ in ", \"label\": 1" }),
    layers(
      "layers: too few", 65, "3 prompts of label 1",
      pairs: lines { ", \"label\": \($0 < 3 ? 1 : 0)" }),
    layers(
      "layers: a label that is none", 65, "none of 0, 1", pairs: lines { _ in ", \"label\": \"x\"" }
    ),
    layers("layers: no groups", 65, "no column topic", options: ["group": "topic"]),
    layers("layers: results exist", 73, "taken/result.json", options: ["output": "taken"]),
    layers("layers: no prompts", 66, "none.jsonl", options: ["prompts": "none.jsonl"]),
    layers("layers: too few exchanges", 64, "--permutations", options: ["permutations": "5"]),
    layers(
      "layers: no range", 64, "such as 6-12", analysis: "search", options: ["initial": "twelve"]),
    layers(
      "layers: a range beyond the model", 64, "layers 0 to 1", analysis: "search",
      options: ["initial": "1-7"]),
    layers(
      "layers: no direction", 64, "direction", analysis: "search",
      options: ["initial": "0-1", "direction": "left"]),
    layers(
      "layers: too few look-alikes", 65, "1 prompt of label 0", analysis: "search",
      options: ["initial": "0-1", "over": "one.jsonl"]),
    layers(
      "layers: a divided group", 65, "of one group, pair or text in the splits train and test",
      analysis: "direction",
      pairs: lines {
        ", \"label\": \($0 % 2), \"group\": \"g\", \"split\": \"\($0 < 20 ? "train" : "test")\""
      }),
    layers(
      "layers: one group only", 65, "no prompt of label 0 in the groups drawn for dev",
      analysis: "landscape", pairs: lines { ", \"label\": \($0 % 2), \"group\": \"g\"" }),
    layers(
      "layers: a split without harmful prompts", 65, "no prompt of label 1 of split test",
      analysis: "weights",
      pairs: lines {
        ", \"label\": \($0 < 20 ? $0 % 2 : 0), \"split\": \"\($0 < 20 ? "train" : "test")\""
      }, options: ["before": TinyModel.tied]),
  ]
}
