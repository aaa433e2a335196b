import Foundation

extension BadInput {
  /// A row for a prompt file.
  private static func prompts(
    _ id: String, _ words: String..., name: String = "p.jsonl", code: Int32 = 65, text: String?
  ) -> BadInput {
    BadInput(id: id, code: code, words: words) { folder in
      if let text { try folder.write(text, to: name) }
      return ["extract", "--model", TinyModel.tied, "--prompts", name, "--output", "out.h5"]
    }
  }

  private static let long = String(repeating: "word ", count: 200)

  static let prompts: [BadInput] = [
    prompts("no prompt file", "p.jsonl", "does not exist", code: 66, text: nil),
    prompts("empty prompt file", "p.jsonl", "no prompts", text: ""),
    prompts("only blank lines", "p.jsonl", "no prompts", text: "\n  \n"),
    prompts(
      "line cut off", "p.jsonl, line 2", "JSON", text: "{\"prompt\": \"a\"}\n{\"prompt\": \"b"),
    prompts("line that is no object", "p.jsonl, line 1", "object", text: "7\n"),
    prompts(
      "no prompt on a line", "p.jsonl, line 1", "neither a prompt", text: "{\"text\": \"a\"}\n"),
    prompts(
      "prompt and messages", "line 1", "both",
      text: "{\"prompt\": \"a\", \"messages\": [{\"role\": \"user\", \"content\": \"b\"}]}\n"),
    prompts("prompt that is a number", "line 1", "prompt is", text: "{\"prompt\": 7}\n"),
    prompts("empty prompt", "p.jsonl, line 1", "empty", text: "{\"prompt\": \"\"}\n"),
    prompts("no messages", "line 1", "messages is empty", text: "{\"messages\": []}\n"),
    prompts(
      "prompt longer than the context", "p.jsonl, line 2", "128",
      text: "{\"prompt\": \"a\"}\n{\"prompt\": \"\(long)\"}\n"),
    prompts(
      "two prompts of one id", "p.jsonl, line 2", "\"a\"", "line 1",
      text: "{\"id\": \"a\", \"prompt\": \"x\"}\n{\"id\": \"a\", \"prompt\": \"y\"}\n"),
    prompts("text that is not UTF-8", "p.jsonl, line 1", text: "{\"prompt\": \"\\ud800\"}\n"),
    prompts("JSON array", "p.jsonl", "array", text: "[\n{\"prompt\": \"a\"}\n]\n"),
    prompts("unknown ending", "p.txt", ".jsonl", name: "p.txt", text: "{\"prompt\": \"a\"}\n"),
    prompts(
      "ragged CSV row", "p.csv, line 3", "1 field", name: "p.csv", text: "prompt,label\na,1\nb\n"),
    prompts("CSV without prompts", "p.csv", "\"text\"", name: "p.csv", text: "text,label\na,1\n"),
    prompts("CSV with a header only", "p.csv", "no prompts", name: "p.csv", text: "prompt,label\n"),
    prompts(
      "CSV with an open quote", "p.csv, line 2", "quote", name: "p.csv", text: "prompt\n\"a\n"),
    prompts(
      "CSV with a column twice", "p.csv", "\"label\"", name: "p.csv",
      text: "prompt,label,label\na,1,1\n"),
  ]
}
