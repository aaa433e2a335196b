import Audit
import Foundation
import Inference
import ModelFiles
import Reports
import Tokenization

/// An audit's files, read and checked: models, prompts and protocol.
struct AuditJob {
  /// What is compared.
  let models: AuditRun.Models
  /// What is asked.
  let questions: AuditRun.Questions
  /// The protocol and the models.
  let manifest: AuditManifest
  /// Where the results go.
  let outputs: AuditOutputs
  private let encoder: PromptEncoder
  private let layers: LayerRange?
  private let moduleSet: ModuleSet?

  /// Bootstrap draws of every interval.
  private static let draws = 10_000

  /// Reads everything, outputs that exist refused before.
  init(_ options: AuditOptions, _ extras: AuditExtras, _ asking: AuditAsking) throws {
    let analysis = options.analysis
    outputs = try AuditOutputs(folder: analysis.output, overwriting: analysis.run.overwrite)
    let precision = try analysis.precision
    layers = try extras.layers.map { text in
      guard let range = LayerRange(text: text) else {
        throw CommandError.option(
          name: "layers", value: text, expected: "a range of layers such as 6-12")
      }
      return range
    }
    let harmful = try AuditPrompts(
      path: options.harmful, kind: .harmful, category: options.category, split: options.split,
      limit: options.limit)
    let harmless = try AuditPrompts(
      path: options.harmless, kind: .harmless, category: options.category, split: options.split,
      limit: options.limit)
    models = AuditRun.Models(
      before: try ModelOption.open(options.before), after: try ModelOption.open(options.after))
    let inputs =
      [
        options.harmful, options.harmless, extras.utility, extras.heldOut, extras.metric,
        extras.probe, extras.verdicts, extras.trainingData, extras.modules,
      ]
      .compactMap { $0 } + models.before.filePaths + models.after.filePaths
    try refuse(replacing: inputs, by: outputs.paths)
    let before = models.before.checkpoint
    try layers?.demandFit(layerCount: before.configuration.layerCount)
    moduleSet = try extras.modules.map { try ModuleSet(path: $0, model: before.digest()) }
    try moduleSet?.demandFit(layerCount: before.configuration.layerCount)
    let encoder = try PromptEncoder(before.tokenizer, options: analysis.promptOptions.options)
    self.encoder = encoder
    let tokenizerDigest = try models.commonTokenizer(encoder)
    let model = models.before
    questions = AuditRun.Questions(
      harmful: harmful, harmless: harmless,
      utility: try extras.utility.map { try UtilityItems(path: $0) },
      heldOut: try extras.heldOut.map { try HeldOutTexts(path: $0) },
      metric: try extras.metric.map { try MetricFile(path: $0) },
      probe: try extras.probe.map { path in
        try FrozenProbe(
          path: path, name: extras.probeName, of: model, encoder: encoder, precision: precision)
      },
      verdicts: try extras.verdicts.map { path in
        try VerdictFile(
          path: path, prompts: Set((harmful.prompts + harmless.prompts).map(\.digest)))
      }, training: try extras.trainingData.map { try PromptSet(path: $0) })
    let rules = RefusalRules.general
    let audit = AuditProtocol(
      questions, category: options.category,
      split: options.split, limit: options.limit, tokenizerDigest: tokenizerDigest,
      encoder: encoder,
      maxTokens: asking.maxTokens, sampling: asking.sampling, precision: precision, rules: rules,
      margins: asking.margins, draws: Self.draws, seed: analysis.seed)
    manifest = AuditManifest(
      audit: audit, before: AuditedModel(models.before), after: AuditedModel(models.after),
      metricDigest: questions.metric?.digest)
  }

  /// How to run; the bar shows what is under way.
  func settings(
    threads: Int, measuresBaseline: Bool, measuresRandomControl: Bool
  ) -> AuditSettings {
    let bar = SharedProgress(label: "audit", unit: "prompts")
    return AuditSettings(
      manifest.audit, encoder: encoder, rules: .general,
      endOfSequence: encoder.tokenizer.endOfSequence.union(
        models.before.checkpoint.configuration.endOfSequenceIDs),
      threads: threads, measuresBaseline: measuresBaseline,
      measuresRandomControl: measuresRandomControl
    ) { what, done, total in
      bar.update(done: done, of: total, note: what)
      return !Signals.isStopRequested
    }
  }

  /// Compares the weights.
  func weightReport(threads: Int) throws -> WeightReport {
    try WeightReport(
      from: models.before, to: models.after, layers: layers,
      moduleSet: moduleSet.map { ("", $0) }, threads: threads)
  }

  /// Opens the file of what was measured, or begins one.
  func log(overwriting: Bool) throws -> AuditLog {
    try outputs.makeFolder()
    return try AuditLog(
      path: (outputs.folder as NSString).appendingPathComponent(AuditLog.fileName),
      manifest: manifest, overwriting: overwriting)
  }
}

extension AuditRun.Models {
  /// The digest of the tokenizer that both models have; refuses models of different tokenizers or templates.
  fileprivate func commonTokenizer(_ encoder: PromptEncoder) throws -> String {
    let own = encoder.tokenizer.digest
    if after.checkpoint.path == before.checkpoint.path { return own }
    let other = try PromptEncoder(after.checkpoint.tokenizer, options: encoder.options)
    let theirs = other.tokenizer.digest
    guard own == theirs else {
      throw AuditError.otherModel(what: "tokenizer", before: own, after: theirs)
    }
    let templates = (encoder.template?.digest ?? "none", other.template?.digest ?? "none")
    guard templates.0 == templates.1 else {
      throw AuditError.otherModel(
        what: "chat template", before: templates.0, after: templates.1)
    }
    return own
  }
}
