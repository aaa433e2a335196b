import Foundation

extension BadInput {
  /// A row for options of `extract` beside good ones.
  private static func extract(
    _ id: String, _ code: Int32, _ words: String..., options: [String]
  ) -> BadInput {
    BadInput(id: id, code: code, words: words) { _ in
      ["extract", "--model", TinyModel.tied, "--prompts", "one.jsonl", "--output", "out.h5"]
        + options
    }
  }

  /// A row for options of `generate` beside a good model.
  private static func generate(
    _ id: String, _ code: Int32, _ words: String..., options: [String]
  ) -> BadInput {
    BadInput(id: id, code: code, words: words) { _ in
      ["generate", "--model", TinyModel.tied] + options
    }
  }

  static let options: [BadInput] = [
    extract(
      "unknown site", 64, "--sites", "resid_pots", "resid_post", options: ["--sites", "resid_pots"]),
    extract("site that is never stored", 64, "attn.pattern", options: ["--sites", "attn.pattern"]),
    extract("no site", 64, "--sites \"\"", options: ["--sites", ""]),
    extract("layer out of range", 64, "Layer 2", "0 to 1", options: ["--layers", "0,2"]),
    extract("layers backwards", 64, "--layers 1-0", options: ["--layers", "1-0"]),
    extract("layer that is no number", 64, "--layers one", options: ["--layers", "one"]),
    extract("unknown position", 64, "\"end\"", "user.last", options: ["--positions", "end"]),
    extract(
      "position no prompt has", 65, "one.jsonl, line 1", "assistant.first",
      options: ["--positions", "assistant.first"]),
    extract(
      "tail position out of range", 65, "line 1", "template.tail[99]",
      options: ["--positions", "template.tail[99]"]),
    extract("unknown stored type", 64, "--store f64", "bf16", options: ["--store", "f64"]),
    extract("no threads", 64, "--threads", "not 0", options: ["--threads", "0"]),
    extract("threads in words", 64, "'two'", "--threads", options: ["--threads", "two"]),
    extract(
      "template and none", 64, "--system", "--raw", options: ["--raw", "--system", "Be kind."]),
    extract("shard beyond the last", 64, "--shard 4/4", "n - 1", options: ["--shard", "4/4"]),
    extract("shard below the first", 64, "--shard -1/2", "i/n", options: ["--shard", "-1/2"]),
    extract("shard of none", 64, "--shard 1/0", "i/n", options: ["--shard", "1/0"]),
    extract("shard in letters", 64, "--shard a/b", "auto/n", options: ["--shard", "a/b"]),
    extract("too many shards", 64, "1000000", options: ["--shard", "1/2000000"]),
    extract("shard without a number", 64, "--shard 1 ", options: ["--shard", "1"]),
    extract("shards of a launcher in letters", 64, "auto/x", options: ["--shard", "auto/x"]),
    extract("unknown option", 64, "--layer'", "--layers", options: ["--layer", "1"]),
    BadInput("no model named", 64, "--model") { _ in
      ["extract", "--prompts", "one.jsonl", "--output", "out.h5"]
    },
    BadInput("no output named", 64, "--output") { _ in
      ["extract", "--model", TinyModel.tied, "--prompts", "one.jsonl"]
    },
    BadInput("unknown command", 64, "'extrct'") { _ in ["extrct"] },
    BadInput("conversation without a template", 65, "p.jsonl, line 1", "--raw") { folder in
      try folder.write(
        """
        {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}

        """, to: "p.jsonl")
      return [
        "extract", "--model", TinyModel.tied, "--prompts", "p.jsonl", "--output", "out.h5", "--raw",
      ]
    },

    generate("no prompt", 64, "--prompt TEXT", "--prompts FILE", options: []),
    generate(
      "prompt and prompts", 64, "--prompt TEXT", "--prompts FILE",
      options: ["--prompt", "a", "--prompts", "one.jsonl"]),
    generate("prompt without text", 64, "--prompt", options: ["--prompt", ""]),
    generate("no threads to generate", 64, "not 0", options: ["--prompt", "a", "--threads", "0"]),
    generate("no tokens", 64, "--max-tokens", options: ["--prompt", "a", "--max-tokens", "0"]),
    generate(
      "more tokens than the context", 65, "128", options: ["--prompt", "a", "--max-tokens", "999"]),
    generate(
      "temperature below zero", 64, "--temperature",
      options: ["--prompt", "a", "--temperature=-1"]),
    generate("scale without a vector", 64, "--steer", options: ["--prompt", "a", "--scale", "2"]),
    generate(
      "projection with a scale", 64, "--project-out", "--scale",
      options: ["--prompt", "a", "--steer", "v.safetensors", "--scale", "2", "--project-out"]),
    generate(
      "no file of a vector", 66, "v.safetensors", "does not exist",
      options: ["--prompt", "a", "--steer", "v.safetensors"]),
    BadInput("vector of another width", 65, "36", "32 wide") { _ in
      let vector = TinyModel.tied + "/model.safetensors:model.norm.weight"
      return ["generate", "--model", TinyModel.qwen2, "--prompt", "a", "--steer", vector]
    },
    BadInput("vector with no name among several", 65, "TENSOR") { _ in
      ["generate", "--model", TinyModel.tied, "--prompt", "a", "--steer"]
        + [TinyModel.tied + "/model.safetensors"]
    },
    BadInput("tokenizing in two ways", 64, "--chat", "--raw") { _ in
      ["tokenize", "--model", TinyModel.tied, "--raw", "--chat", "one.jsonl"]
    },
    BadInput("tokenizing a line that is no object", 65, "Line 1 of bad.jsonl") { folder in
      ["tokenize", "--model", TinyModel.tied, try folder.write("hello\n", to: "bad.jsonl")]
    },
  ]
}
