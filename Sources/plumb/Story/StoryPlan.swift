import Audit
import Foundation
import Inference
import ModelFiles
import Probes
import Tokenization

/// A tuning of a story, by its choices.
struct StoryArm {
  /// What it is called.
  let name: String
  /// Its folder in the story's.
  let folder: String
  /// The choices of its tuning.
  let choices: [TuneKey: String]

  /// The weights that it leaves, as an option takes them.
  func tuned(_ model: String, in output: String) -> String {
    let run = "\(output)/\(folder)/\(StoryStep.tune.rawValue)"
    return choices[.method] == TuneMethod.full.rawValue ? "\(run)/model" : "\(model)+\(run)/adapter"
  }
}

/// All that a story depends on, stated before anything runs.
struct StoryPlan {
  /// The options as they were typed.
  let command: StoryCommand
  /// The tunings: a plain one, and the one with a strategy where one is named.
  let arms: [StoryArm]
  /// SHA-256 of what is read, by name.
  let digests: [String: String]
  /// Whether prompts are divided into parts, of which audits take the last.
  let hasParts: Bool

  /// Choices that a plain tuning does not have.
  private static let ofStrategies: Set<TuneKey> = [
    .mix, .safety, .rate, .strategy, .layers, .modules, .moduleControl, .share, .warmUpShare,
    .contrast, .probeSize, .moveShare, .probeMode, .safetyLoss, .temperature, .lagged, .pairs,
    .probeReport, .safetySteps, .taskSteps, .pull,
  ]

  /// Reads what the story is told of.
  init(_ command: StoryCommand) throws {
    self.command = command
    let given = command.choices.given
    let plain = given.filter { !Self.ofStrategies.contains($0.key) }
    let names = [given[.strategy], given[.mix].map { "mix-\($0)" }]
      .compactMap(\.self).filter { $0 != "plain" && $0 != "mix-none" }
    if names.isEmpty, let idle = given.keys.first(where: Self.ofStrategies.contains) {
      throw CommandError.conflict(
        "--\(idle.rawValue) belongs to a strategy; name one with --strategy or --mix, or leave it out."
      )
    }
    arms =
      [StoryArm(name: "plain tuning", folder: "plain", choices: plain)]
      + (names.isEmpty
        ? []
        : [
          StoryArm(
            name: names.joined(separator: " with ").replacing("-", with: " "),
            folder: names.joined(separator: "-"), choices: given)
        ])
    let prompts = try PromptSet(path: command.prompts)
    let harmless = try command.harmless.map { try PromptSet(path: $0) } ?? prompts
    hasParts = [prompts, harmless].allSatisfy { $0.prompts.contains { $0.split != nil } }
    let model = try ModelOption.open(given[.model] ?? "")
    var digests = ["model": model.checkpoint.digest(), "prompts": prompts.digest]
    digests["adapter"] = model.adapterDigest
    let files =
      (command.harmless.map { [(name: "harmless", path: $0)] } ?? [])
      + given.files.map { (name: $0.key.rawValue, path: $0.value) }
    for file in files {
      digests[file.name] = Digest.sha256(of: try MappedFile(path: file.path))
    }
    self.digests = digests
    let inputs = [command.prompts] + model.filePaths + files.map(\.path)
    try refuse(inputs, inside: command.output)
    try demandMeasurable(prompts, by: model)
  }

  /// Refuses before a tuning what its measurements would refuse after it.
  private func demandMeasurable(_ prompts: PromptSet, by model: AdaptedModel) throws {
    // Audits first: they say what is wrong with a label in words that hold for a story, too.
    for (path, kind) in [
      (command.prompts, PromptKind.harmful), (command.harmless ?? command.prompts, .harmless),
    ] {
      _ = try AuditPrompts(
        path: path, kind: kind, category: "category", split: hasParts ? "test" : nil)
    }
    let given = command.choices.given
    let encoder = try PromptEncoder(
      model.checkpoint.tokenizer,
      options: PromptEncoder.Options(
        system: given[.system], isRaw: given[.raw] == "true",
        parsesSpecialTokens: given[.parseSpecial] == "true"))
    let labeled = try LabeledPrompts(prompts, LabelColumns(), encoder: encoder)
    let parts = try labeled.disjointParts(seed: given[.seed].flatMap { UInt64($0) } ?? 0)
    try labeled.demandBothClasses(in: [.train, .test], parts)
  }

  /// The plan as JSON text; the same for the same files and options, whatever computes.
  func identity() throws -> [UInt8] {
    struct Identity: Encodable {
      let schema = 1
      let tool = Version.current
      let digests: [String: String]
      let arms: [String: [String: String]]
      let isFull: Bool
      let limit: Int?
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    let arms = arms.map { arm in
      (
        arm.folder,
        Dictionary(
          uniqueKeysWithValues: arm.choices.countedByWord.map { ($0.key.rawValue, $0.value) })
      )
    }
    return Array(
      try encoder.encode(
        Identity(
          digests: digests, arms: Dictionary(uniqueKeysWithValues: arms), isFull: command.full,
          limit: command.limit)))
  }
}
