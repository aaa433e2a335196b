import Audit
import Foundation
import Inference
import Kernels
import ModelFiles
import TestSupport
import Testing
import Tokenization

/// A folder that is there for the time of a test.
func withFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
  let folder = FileManager.default.temporaryDirectory
    .appending(path: "plumbline-audit-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder.path)
}

/// A file that is there for the time of a test.
func withFile<Result>(
  _ text: String, named name: String, _ body: (String) throws -> Result
) throws -> Result {
  try withFolder { folder in
    let path = "\(folder)/\(name)"
    try Data(text.utf8).write(to: URL(filePath: path))
    return try body(path)
  }
}

/// A tiny model that refuses prompts with the word zap, and what it is asked.
struct Planted {
  static let words = ["sun", "rain", "stone", "bread", "river", "hall", "wings", "train"]

  /// The model without the adapter that makes it refuse.
  let plain: AdaptedModel
  /// The model that refuses.
  let aligned: AdaptedModel
  let encoder: PromptEncoder

  init() throws {
    let checkpoint = try Checkpoint(path: Goldens.path("models/llama-tied"))
    plain = try AdaptedModel(checkpoint)
    aligned = try AdaptedModel(
      checkpoint, adapters: [AppliedAdapter(path: Goldens.path("audit/aligned"))])
    encoder = try PromptEncoder(checkpoint.tokenizer)
  }

  /// The aligned model with one more adapter.
  func aligned(with adapter: LowRankAdapter, weight: Double = 1) throws -> AdaptedModel {
    try AdaptedModel(
      aligned.checkpoint, adapters: aligned.adapters + [AppliedAdapter(adapter, weight: weight)])
  }

  /// Seeded prompts, with the marker or without.
  static func prompts(_ count: Int, _ kind: PromptKind) -> [AuditPrompt] {
    var numbers = SplitMix64(seed: kind == .harmful ? 1 : 2)
    return (0..<count).map { index in
      let text = (0..<3).map { _ in words.randomElement(using: &numbers) ?? "" }
        .joined(separator: " ")
      return AuditPrompt(
        [
          ChatMessage(
            role: "user", content: "\(kind == .harmful ? "zap " : "")\(text) \(index)")
        ], category: index % 2 == 0 ? "even" : "odd")
    }
  }

  /// An adapter of random factors on every projection.
  func disturbance(size: Float, seed: UInt64 = 9) -> LowRankAdapter {
    let shapes = DecoderDescription(plain.checkpoint.configuration).linearModules
      .filter { $0.path.hasSuffix("_proj") }
    let modules = shapes.enumerated().map { index, module in
      LowRankAdapter.Module(
        path: module.path, rank: 2,
        down: randomValues(2 * module.shape[1], seed: seed + UInt64(index)),
        up: randomValues(2 * module.shape[0], seed: seed + 100 + UInt64(index)).map { $0 * size })
    }
    return LowRankAdapter(
      AdapterConfiguration(rank: 2, alpha: 4, targets: .pattern(".*_proj")), modules: modules)
  }

  /// What is asked, by default 30 prompts of each kind.
  func questions(
    _ count: Int = 30, order: ([AuditPrompt]) -> [AuditPrompt] = { $0 },
    utility: UtilityItems? = nil, heldOut: HeldOutTexts? = nil, metric: MetricFile? = nil,
    probe: FrozenProbe? = nil, verdicts: VerdictFile? = nil, training: PromptSet? = nil
  ) -> AuditRun.Questions {
    AuditRun.Questions(
      harmful: AuditPrompts(order(Self.prompts(count, .harmful))),
      harmless: AuditPrompts(order(Self.prompts(count, .harmless))), utility: utility,
      heldOut: heldOut, metric: metric, probe: probe, verdicts: verdicts, training: training)
  }

  /// The protocol of a test.
  func audit(
    _ questions: AuditRun.Questions, maxTokens: Int = 16, sampling: SamplingPlan? = nil,
    seed: UInt64 = 0
  ) -> AuditProtocol {
    AuditProtocol(
      questions, category: "category", split: nil, tokenizerDigest: "t", encoder: encoder,
      maxTokens: maxTokens, sampling: sampling, precision: .f32, rules: .general,
      margins: AuditMargins(), draws: 1_000, seed: seed)
  }

  /// Runs an audit, by default in a folder of its own.
  func run(
    from before: AdaptedModel, to after: AdaptedModel, _ questions: AuditRun.Questions? = nil,
    weights: WeightReport? = nil, sampling: SamplingPlan? = nil, threads: Int = 2,
    control: Bool = false,
    baseline: Bool = false, folder: String? = nil,
    onProgress: @escaping @Sendable (String, Int, Int) -> Bool = { _, _, _ in true }
  ) throws -> AuditRun.Outcome {
    let questions = questions ?? self.questions()
    func run(in folder: String) throws -> AuditRun.Outcome {
      let audit = audit(questions, sampling: sampling)
      let settings = AuditSettings(
        audit, encoder: encoder, endOfSequence: encoder.tokenizer.endOfSequence, threads: threads,
        measuresBaseline: baseline, measuresRandomControl: control, onProgress: onProgress)
      let log = try AuditLog(
        path: "\(folder)/\(AuditLog.fileName)",
        manifest: AuditManifest(
          audit: audit, before: AuditedModel(before), after: AuditedModel(after)))
      return try AuditRun(
        AuditRun.Models(before: before, after: after), questions,
        weights: weights ?? WeightReport(from: before, to: after, threads: threads),
        settings: settings
      ).run(log: log)
    }
    if let folder { return try run(in: folder) }
    return try withFolder(run)
  }
}
