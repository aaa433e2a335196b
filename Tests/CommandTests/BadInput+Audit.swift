import Foundation

extension BadInput {
  /// A row for `plumb audit`; further options take the place of earlier ones.
  private static func audit(
    _ id: String, _ code: Int32, _ words: String..., files: [String: String] = [:],
    options: [String: String] = [:]
  ) -> BadInput {
    BadInput(id: id, code: code, words: words) { folder in
      try AuditCommandTests.write(3, into: folder)
      for (name, text) in files { try folder.write(text, to: name) }
      try folder.write("{}", to: "taken/verdicts.csv")
      let plain = [
        "before": TinyModel.tied, "after": TinyModel.tied, "harmful": "harmful.jsonl",
        "harmless": "harmless.jsonl", "output": "out", "max-tokens": "4",
      ]
      let merged = plain.merging(options) { $1 }
      return ["audit"] + merged.sorted { $0.key < $1.key }.map { "--\($0.key)=\($0.value)" }
    }
  }

  static let audits: [BadInput] = [
    audit("audit: no prompts file", 66, "none.jsonl", options: ["harmful": "none.jsonl"]),
    audit("audit: no model", 66, "nowhere", options: ["after": "nowhere"]),
    audit(
      "audit: empty prompts", 65, "empty.jsonl", files: ["empty.jsonl": "\n"],
      options: ["harmless": "empty.jsonl"]),
    audit(
      "audit: prompts of the other kind alone", 65, "no harmful prompts",
      files: ["other.jsonl": "{\"prompt\": \"a\", \"label\": 0}\n"],
      options: ["harmful": "other.jsonl"]),
    audit("audit: a part that is none", 65, "part dev", options: ["split": "dev"]),
    audit(
      "audit: a judge of other prompts", 65, "Line 2", "no prompt of this audit",
      files: ["judge.csv": "prompt,side,label\nabcd,before,refusal\n"],
      options: ["verdicts": "judge.csv"]),
    audit(
      "audit: a question without answer", 65, "Line 1", "has no answer",
      files: ["q.jsonl": "{\"prompt\": \"a\", \"choices\": [\"b\", \"c\"]}\n"],
      options: ["utility": "q.jsonl"]),
    audit(
      "audit: a text without response", 65, "Line 1", "has no response",
      files: ["t.jsonl": "{\"prompt\": \"a\"}\n"], options: ["held-out": "t.jsonl"]),
    audit(
      "audit: a metric without numbers", 65, "Line 2", "no number in the column after",
      files: ["own.csv": "item,before,after\na,1,x\n"], options: ["metric": "own.csv"]),
    audit(
      "audit: a metric without items", 65, "no column is named item",
      files: ["own.csv": "before,after\n1,2\n"], options: ["metric": "own.csv"]),
    audit(
      "audit: a probe that is none", 66, "none.safetensors", options: ["probe": "none.safetensors"]),
    audit("audit: a probe's name alone", 64, "--probe-name", options: ["probe-name": "x"]),
    audit("audit: samples below none", 64, "--samples", options: ["samples": "-1"]),
    audit("audit: no temperature", 64, "--temperature", options: ["temperature": "0"]),
    audit("audit: layers that are none", 64, "range of layers", options: ["layers": "x"]),
    audit("audit: layers beyond the model", 64, "layers 0 to 1", options: ["layers": "1-9"]),
    audit("audit: no tokens", 64, "--max-tokens", options: ["max-tokens": "0"]),
    audit("audit: no margin", 64, "--margin", options: ["margin": "0"]),
    audit("audit: output exists", 73, "verdicts.csv", options: ["output": "taken"]),
    audit("audit: too long", 65, "context", options: ["max-tokens": "127"]),
    audit(
      "audit: a model of another tokenizer", 78, "different tokenizers",
      options: ["after": TinyModel.qwen2]),
  ]
}
