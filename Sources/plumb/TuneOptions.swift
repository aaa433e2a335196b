import ArgumentParser

/// The options of `plumb tune` as they were typed; what is not given comes from the configuration file or is
/// the default.
struct TuneOptions: ParsableArguments {
  @Option(help: "The model to tune: a GGUF file, a HuggingFace folder, or smollm2, M+ADAPTER.")
  var model: String?
  @Option(help: "Examples: JSONL or CSV with messages, or prompt and response.")
  var data: String?
  @Option(help: "Examples to evaluate on, in the same form.")
  var heldOut: String?
  @Option(help: "The share of --data to evaluate on instead of training (default: 0).")
  var heldOutShare: String?
  @Option(help: "A system text for every example.")
  var system: String?
  @Flag(inversion: .prefixedNo, help: "Take prompt and response as they are, without the template.")
  var raw: Bool?
  @Flag(inversion: .prefixedNo, help: "Let special tokens in the text be special.")
  var parseSpecial: Bool?
  @Option(help: "The most tokens of an example (default: the model's context).")
  var maxLength: String?
  @Flag(
    inversion: .prefixedNo, help: "Cut the answers of longer examples instead of refusing them.")
  var truncate: Bool?
  @Option(help: "The order of examples: shuffled in each epoch, or file (default: shuffled).")
  var order: String?
  @Option(help: "Mix safety examples into the data: none, base, longest or mimic (default: none).")
  var mix: String?
  @Option(help: "Safety examples to mix in, or the safety data of lisa and sap.")
  var safety: String?
  @Option(help: "Mixed-in examples as a share of the data's (default: 0.1).")
  var rate: String?

  @Option(help: "Train adapters or all weights: lora or full (default: lora).")
  var method: String?
  @Option(help: "The adapters' rank (default: 8).")
  var rank: String?
  @Option(help: "The adapters' alpha (default: twice the rank).")
  var alpha: String?
  @Option(help: "The share of the adapters' inputs left out in training (default: 0).")
  var dropout: String?
  @Option(help: "The modules with adapters, such as q_proj,v_proj (default: all seven).")
  var targets: String?
  @Flag(inversion: .prefixedNo, help: "Divide alpha by the root of the rank (rsLoRA).")
  var rankStabilized: Bool?
  @Option(help: "The precision of products with weights: f32 or bf16 (default: f32).")
  var precision: String?

  @Option(help: "plain, frozen, ml-lr, swat, sap or lisa (default: plain).")
  var strategy: String?
  @Option(help: "Blocks that frozen leaves or sap probes, such as 5-10, or a file of them.")
  var layers: String?
  @Option(help: "A file of the robust modules, for ml-lr and swat.")
  var modules: String?
  @Option(
    help:
      "ml-lr, swat: none, or as a control the complement of the modules or random ones (default: none)."
  )
  var moduleControl: String?
  @Option(help: "ml-lr: the share of the rate outside the modules, lambda (default: 0.001).")
  var share: String?
  @Option(help: "swat: the share of steps that trains the modules alone (default: 0.25).")
  var warmUpShare: String?
  @Option(help: "sap: prompt, safe and unsafe answers; without it --safety and a bare agreement.")
  var contrast: String?
  @Option(help: "sap: the size of the probe, beta (default: 0.05).")
  var probeSize: String?
  @Option(help: "sap: the harmful move as a share of the weights' norm, rho (default: 2e-5).")
  var moveShare: String?
  @Option(help: "sap: raw, rms or adam (default: rms).")
  var probeMode: String?
  @Option(help: "sap: logistic or difference (default: logistic).")
  var safetyLoss: String?
  @Option(help: "sap: the logistic loss's temperature (default: 1).")
  var temperature: String?
  @Flag(inversion: .prefixedNo, help: "sap: use the probe of the step before and save a pass.")
  var lagged: Bool?
  @Option(help: "sap: pairs of answers in a step (default: 8).")
  var pairs: String?
  @Option(help: "sap: steps between reports of the noise floor; 0 for none (default: 50).")
  var probeReport: String?
  @Option(help: "lisa: steps on safety data in a round (default: 100).")
  var safetySteps: String?
  @Option(help: "lisa: steps on the task in a round (default: 900).")
  var taskSteps: String?
  @Option(help: "lisa: the pull towards the weights at the last change (default: 1).")
  var pull: String?

  @Option(help: "Steps to make.")
  var steps: String?
  @Option(help: "Rounds over the data, where --steps is not given (default: 1).")
  var epochs: String?
  @Option(help: "Examples in a batch (default: 8).")
  var batchSize: String?
  @Option(help: "Tokens in a batch, instead of --batch-size.")
  var batchTokens: String?
  @Option(help: "Batches in a step (default: 1).")
  var accumulate: String?
  @Option(help: "adamw or sgd (default: adamw).")
  var optimizer: String?
  @Option(help: "The learning rate (default: 2e-4 for lora, 2e-5 for full).")
  var learningRate: String?
  @Option(help: "Learning rates of single modules, such as q_proj=1e-4,down_proj=5e-5.")
  var moduleRates: String?
  @Option(help: "The decay of matrices; norms and biases have none (default: 0).")
  var weightDecay: String?
  @Option(help: "constant, linear or cosine (default: linear).")
  var schedule: String?
  @Option(help: "Steps in which the rate rises from zero (default: 0).")
  var warmUp: String?
  @Option(help: "The most that a gradient's norm may be; 0 for no limit (default: 1).")
  var clip: String?
  @Option(help: "Seed of orders, adapters and dropout (default: 0).")
  var seed: String?

  @Option(help: "Steps between evaluations; they are made at start and end anyhow (default: 50).")
  var evaluateEvery: String?
  @Option(help: "End after so many evaluations without a gain, with the best weights.")
  var patience: String?
  @Option(help: "Steps between checkpoints; 0 for none (default: 100).")
  var checkpointEvery: String?
  @Option(help: "Minutes after which a checkpoint is due, too (default: 10).")
  var checkpointMinutes: String?

  /// What was given, by key.
  var given: [TuneKey: String] {
    func word(_ flag: Bool?) -> String? { flag.map { $0 ? "true" : "false" } }
    let all: [TuneKey: String?] = [
      .model: model, .data: data, .heldOut: heldOut, .heldOutShare: heldOutShare, .system: system,
      .raw: word(raw), .parseSpecial: word(parseSpecial), .maxLength: maxLength,
      .truncate: word(truncate), .order: order, .mix: mix, .safety: safety, .rate: rate,
      .method: method, .rank: rank, .alpha: alpha, .dropout: dropout, .targets: targets,
      .rankStabilized: word(rankStabilized), .precision: precision, .strategy: strategy,
      .layers: layers, .modules: modules,
      .moduleControl: moduleControl, .share: share, .warmUpShare: warmUpShare,
      .contrast: contrast, .probeSize: probeSize, .moveShare: moveShare, .probeMode: probeMode,
      .safetyLoss: safetyLoss, .temperature: temperature, .lagged: word(lagged), .pairs: pairs,
      .probeReport: probeReport, .safetySteps: safetySteps, .taskSteps: taskSteps, .pull: pull,
      .steps: steps, .epochs: epochs, .batchSize: batchSize, .batchTokens: batchTokens,
      .accumulate: accumulate, .optimizer: optimizer, .learningRate: learningRate,
      .moduleRates: moduleRates, .weightDecay: weightDecay, .schedule: schedule, .warmUp: warmUp,
      .clip: clip, .seed: seed, .evaluateEvery: evaluateEvery, .patience: patience,
      .checkpointEvery: checkpointEvery, .checkpointMinutes: checkpointMinutes,
    ]
    return all.compactMapValues(\.self)
  }
}
