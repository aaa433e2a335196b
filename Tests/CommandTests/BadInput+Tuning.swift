import Foundation

extension BadInput {
  /// A row for options of `tune` beside good ones.
  private static func tune(
    _ id: String, _ code: Int32, _ words: String..., data: String? = nil, config: String? = nil,
    options: [String]
  ) -> BadInput {
    BadInput(id: id, code: code, words: words) { folder in
      try folder.write(data ?? TuneCommandTests.examples(4), to: "data.jsonl")
      if let config { try folder.write(config, to: "config.yaml") }
      return ["tune", "--model", TinyModel.tied, "--data", "data.jsonl", "--output", "run"]
        + (config == nil ? [] : ["--config", "config.yaml"]) + options
    }
  }

  static let tuning: [BadInput] = [
    tune("rank zero", 64, "--rank 0", "at least 1", options: ["--rank", "0"]),
    tune("unknown module", 64, "--targets", "w_proj", options: ["--targets", "q_proj,w_proj"]),
    tune("module twice", 64, "--targets", options: ["--targets", "q_proj,q_proj"]),
    tune("unknown strategy", 64, "--strategy", "swat", options: ["--strategy", "sapp"]),
    tune("strategy without layers", 64, "frozen", "--layers", options: ["--strategy", "frozen"]),
    tune(
      "layers beyond the model", 64, "Layer 7",
      options: ["--strategy", "frozen", "--layers", "1-7"]),
    tune(
      "layers in words", 64, "--layers", "5-10",
      options: ["--strategy", "frozen", "--layers", "some"]),
    tune(
      "all layers frozen", 64, "nothing to train",
      options: ["--strategy", "frozen", "--layers", "0-1"]),
    tune("strategy without modules", 64, "--modules", options: ["--strategy", "swat"]),
    tune("strategy without safety data", 64, "--safety", options: ["--strategy", "lisa"]),
    tune(
      "choice of another strategy", 64, "--pull", "means nothing", options: ["--pull", "2"]),
    tune("learning rate in words", 64, "--learning-rate", options: ["--learning-rate", "fast"]),
    tune(
      "rate of a module that does not train", 64, "--module-rates lm_head",
      options: ["--module-rates", "lm_head=1e-4"]),
    tune("no steps", 64, "--steps 0", options: ["--steps", "0"]),
    tune("patience without held-out", 64, "--held-out", options: ["--patience", "2"]),
    tune("share of all", 64, "--held-out-share", options: ["--held-out-share", "1"]),
    tune("resuming nothing", 66, "--resume", options: ["--resume"]),
    tune("missing data", 66, "gone.jsonl", options: ["--data", "gone.jsonl"]),
    tune("no answer", 65, "data.jsonl, line 1", data: #"{"prompt": "a"}"# + "\n", options: []),
    tune(
      "empty answer", 65, "line 2", "empty",
      data: TuneCommandTests.examples(1) + #"{"prompt": "a", "response": ""}"# + "\n", options: []),
    tune(
      "longer than the context", 65, "tokens", "--truncate",
      data: #"{"prompt": "a", "response": "\#(String(repeating: "sun ", count: 400))"}"# + "\n",
      options: []),
    tune("no example", 65, "no prompts", data: "\n\n", options: []),
    tune(
      "unknown key of the file", 65, "config.yaml", "learning_rate",
      config: "learning_rate: 1\n", options: []),
    tune(
      "bad value of the file", 65, "config.yaml", "rank is two", config: "rank: two\n", options: []),
    tune("file that is no YAML", 65, "config.yaml", config: "rank: [1\n", options: []),
    tune("file that is a list", 65, "config.yaml", config: "- rank\n", options: []),
    tune("nested value of the file", 65, "rank", config: "rank: [[1]]\n", options: []),
    BadInput("modules of another model", 78, "of the model abc") { folder in
      try folder.write(TuneCommandTests.examples(4), to: "data.jsonl")
      try folder.write(
        #"{"format":"plumbline-module-set","schema":1,"model":"abc","modules":[]}"#,
        to: "robust.json")
      return [
        "tune", "--model", TinyModel.tied, "--data", "data.jsonl", "--output", "run", "--strategy",
        "swat", "--modules", "robust.json",
      ]
    },
    BadInput("folder of something else", 65, "no run") { folder in
      try folder.write(TuneCommandTests.examples(4), to: "data.jsonl")
      try folder.write("x", to: "run/thesis.tex")
      return [
        "tune", "--model", TinyModel.tied, "--data", "data.jsonl", "--output", "run", "--overwrite",
      ]
    },
    BadInput("data within the folder that is replaced", 64, "run/data.jsonl", "another folder") {
      folder in
      try folder.write(TuneCommandTests.examples(4), to: "run/data.jsonl")
      try folder.write("{}", to: "run/manifest.json")
      return [
        "tune", "--model", TinyModel.tied, "--data", "run/data.jsonl", "--output", "run",
        "--overwrite",
      ]
    },
  ]
}
