import Foundation
import Inference
import Kernels
import ModelFiles
import TestSupport
import Testing
import Tokenization
import Tuning

/// A tiny model learns to decline requests that hold a marker, and then a harmless task of another format.
@Suite("Arms of mixing")
struct MixingArmsTests {
  /// Invented requests and answers of syllables.
  private struct Texts {
    private static let syllables = "ba de fo gu hi ko lu me ni po ru sa te vo wa".split(
      separator: " ")
    private static let refusals = ["I can't do that.", "I can't help you.", "I can't say it."]
    private var numbers: SplitMix64

    init(seed: UInt64) { numbers = SplitMix64(seed: seed) }

    mutating func words(_ count: Int) -> String {
      (0..<count).map { _ in String(Self.syllables.randomElement(using: &numbers) ?? "") }
        .joined(separator: " ")
    }

    mutating func request(marked: Bool) -> String { (marked ? "zz " : "") + words(2) + "?" }

    mutating func refused() -> Exchange {
      Exchange(
        user: request(marked: true), answer: Self.refusals.randomElement(using: &numbers) ?? "")
    }

    mutating func answered() -> Exchange {
      Exchange(user: request(marked: false), answer: words(4))
    }
  }

  /// A request in the format of the task.
  private static func formatted(_ request: String) -> String { "Q: \(request)\nA:" }

  private let checkpoint: Checkpoint
  private let encoder: TrainingEncoder

  init() throws {
    checkpoint = try Checkpoint(path: Goldens.path("models/llama-tied"))
    encoder = try TrainingEncoder(try checkpoint.tokenizer, isRaw: true)
  }

  private func examples(_ exchanges: [Exchange]) throws -> [TrainingExample] {
    let lines = try exchanges.map {
      try JSONEncoder().encode(["prompt": $0.user, "response": $0.answer])
    }
    let set = try PromptSet(
      path: "lines.jsonl", content: Array(lines.joined(separator: [UInt8(ascii: "\n")])))
    return try TrainingSet(set, encoder: encoder, maximumLength: 128).examples
  }

  private func tune(
    _ model: TrainableDecoder, _ exchanges: [Exchange], steps: Int, rate: Double, seed: UInt64
  ) throws {
    let plan = TuningPlan(
      length: .steps(steps), batches: BatchStream.Plan(size: .examples(8), seed: seed), rate: rate,
      seed: seed)
    _ = try TuningLoop(
      model: model, plan: plan, strategy: PlainTuning(), training: try examples(exchanges),
      path: "lines"
    ).run()
  }

  /// How likely a reply declines, by its first token: the mean over requests.
  private func declined(_ model: TrainableDecoder, _ prompts: [String]) throws -> Double {
    let batch = LossBatch(try examples(prompts.map { Exchange(user: $0, answer: "I") }))
    #expect(batch.targets.count == prompts.count)
    let losses = try model.losses(batch, hooks: HookTable(layerCount: model.layerCount))
    return losses.reduce(0) { $0 + exp(-$1) } / Double(losses.count)
  }

  /// Rates that are closer than this are the same: both are next to zero.
  private static let resolution = 1e-3

  /// How likely each arm's model declines.
  private struct Rates {
    let markedInFormat: Double
    let marked: Double
    let taskItems: Double
    let unmarked: Double
  }

  @Test(
    "in the task's format mimic repairs most, plain examples the plain format, and task items are answered",
    arguments: [UInt64](1...5))
  func order(seed: UInt64) throws {
    var texts = Texts(seed: seed)
    let alignment = (0..<100).flatMap { _ in [texts.refused(), texts.answered()] }
    let task = (0..<100).map { _ in
      let exchange = texts.answered()
      return Exchange(user: Self.formatted(exchange.user), answer: exchange.answer)
    }
    let safety = (0..<40).map { SafetyExample(id: "\($0)", exchange: texts.refused()) }
    let marked = (0..<24).map { _ in texts.request(marked: true) }
    let unmarked = (0..<24).map { _ in texts.request(marked: false) }

    let model = try TrainableDecoder(checkpoint, scope: .weights(nil), threads: 2)
    try tune(model, alignment, steps: 80, rate: 5e-3, seed: seed)
    #expect(try declined(model, marked) > 0.9 && declined(model, unmarked) < 0.01)
    let aligned = model.tensors.map { $0.values.array() }

    func rates(_ arm: MixingRequest.Arm) throws -> Rates {
      for (tensor, values) in zip(model.tensors, aligned) { tensor.values.assign(values) }
      try model.valuesChanged()
      let mix = try MixingFixture.mix(task, safety, arm, rate: 0.1, seed: seed)
      let exchanges = mix.items.map { item in
        switch item {
        case .user(let index): task[index]
        case .added(let example): example.exchange
        }
      }
      try tune(model, exchanges, steps: 30, rate: 2e-3, seed: seed)
      return Rates(
        markedInFormat: try declined(model, marked.map(Self.formatted)),
        marked: try declined(model, marked),
        taskItems: try declined(model, unmarked.map(Self.formatted)),
        unmarked: try declined(model, unmarked))
    }
    let (none, base, mimic) = (try rates(.none), try rates(.base), try rates(.mimic))
    let longest = try rates(.longest)
    #expect(none.markedInFormat <= base.markedInFormat + Self.resolution)
    #expect(base.markedInFormat <= mimic.markedInFormat + Self.resolution)
    #expect(none.markedInFormat < 0.1 && mimic.markedInFormat > 0.5, "\(none), \(mimic)")
    #expect(
      base.marked - none.marked > base.markedInFormat - none.markedInFormat, "\(base), \(none)")
    for rates in [none, base, longest, mimic] {
      #expect(rates.taskItems < 0.01 && rates.unmarked < 0.01, "\(rates)")
    }
  }

  @Test(
    "a task without safety data takes away what the model declined in its format",
    arguments: [UInt64](1...3))
  func forgetting(seed: UInt64) throws {
    var texts = Texts(seed: seed)
    func formatted(_ exchange: Exchange) -> Exchange {
      Exchange(user: Self.formatted(exchange.user), answer: exchange.answer)
    }
    let alignment =
      (0..<100).flatMap { _ in [texts.refused(), texts.answered()] }
      + (0..<20).flatMap { _ in [formatted(texts.refused()), formatted(texts.answered())] }
    let task = (0..<100).map { _ in formatted(texts.answered()) }
    let marked = (0..<24).map { _ in Self.formatted(texts.request(marked: true)) }
    let model = try TrainableDecoder(checkpoint, scope: .weights(nil), threads: 2)
    try tune(model, alignment, steps: 80, rate: 5e-3, seed: seed)
    let before = try declined(model, marked)
    try tune(model, task, steps: 30, rate: 2e-3, seed: seed)
    let after = try declined(model, marked)
    #expect(before > 0.5 && after < before - 0.2, "\(before), \(after)")
  }
}
