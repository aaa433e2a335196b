import ArgumentParser
import Foundation
import Inference
import Kernels
import ModelFiles
import Tokenization

/// Talks to the model, optionally with a vector added to or projected out of its activations.
struct GenerateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Let the model reply, optionally with an intervention in memory.",
    usage: "plumb generate --model M (--prompt TEXT | --prompts P) [<options>]",
    discussion: """
      --steer takes a vector that plumb vector made; whether it is added or projected out, at which site \
      and layer, is in the file, and another model or chat template is refused. A safetensors file of \
      anyone else's is taken as it is, with the tensor's name after a colon where it has several; it is \
      added at --scale times the site's median norm, or projected out with --project-out. The model's \
      files never change.
      """)

  @OptionGroup var model: ModelOption
  @Option(help: "One prompt.")
  var prompt: String?
  @Option(help: "A JSONL or CSV file of prompts.")
  var prompts: String?
  @OptionGroup var promptOptions: PromptOptions
  @Option(help: "Most tokens of a reply.")
  var maxTokens = 256
  @Option(help: "0 for the most likely token each time; higher is more varied.")
  var temperature = 0.0
  @Option(help: "Sample among the likeliest tokens that together have this probability.")
  var topP = 1.0
  @Option(help: "Seed of the sampling.")
  var seed: UInt64 = 0
  @OptionGroup var steering: SteeringOptions
  @Option(help: "The precision of products with weights: f32 or bf16.")
  var precision = "f32"
  @OptionGroup var threading: ThreadOption
  @Flag(help: "Print one JSON object for each prompt, with refusal and coherence measures.")
  var json = false

  func validate() throws {
    guard (prompt == nil) != (prompts == nil) else {
      throw ValidationError("Give either --prompt TEXT or --prompts FILE.")
    }
    if prompt?.isEmpty == true { throw ValidationError("--prompt has no text.") }
    guard maxTokens > 0 else { throw ValidationError("--max-tokens must be at least 1.") }
    guard temperature >= 0, temperature.isFinite else {
      throw ValidationError("--temperature must be 0 or more.")
    }
    guard topP > 0, topP <= 1 else {
      throw ValidationError("--top-p must be above 0 and at most 1.")
    }
  }

  func run() throws {
    let model = try model.open()
    let checkpoint = model.checkpoint
    let encoder = try PromptEncoder(checkpoint.tokenizer, options: promptOptions.options)
    let questions = try questions
    let encoded = try questions.map { try encoder.encode($0.messages) }
    let vector = try steering.steering(of: model, encoder)
    let decoder = try Decoder(
      model, precision: choice(precision, of: Precision.self, option: "precision"),
      threads: threading.threads)
    setProductThreads(threading.threads)
    let interventions =
      try vector?.interventions(for: decoder, prompts: encoded, scale: steering.scale ?? 1) ?? []
    let ends = encoder.tokenizer.endOfSequence.union(checkpoint.configuration.endOfSequenceIDs)
    let generator = Generator(decoder: decoder, endOfSequence: ends, hooks: interventions)
    let sampler = Sampler(temperature: temperature, topP: topP, seed: seed)
    if json {
      try printRecords(questions, encoded, generator, sampler, encoder.tokenizer)
    } else {
      try stream(questions, encoded, generator, sampler, encoder.tokenizer)
    }
  }

  /// What is asked, with a name for it.
  private struct Question {
    let id: String
    let messages: [ChatMessage]
  }

  private var questions: [Question] {
    get throws {
      if let prompt {
        return [Question(id: "prompt", messages: [ChatMessage(role: "user", content: prompt)])]
      }
      return try PromptSet(path: prompts ?? "").prompts.map {
        Question(id: $0.id, messages: $0.messages)
      }
    }
  }

  /// Prints each reply as it is written.
  private func stream(
    _ questions: [Question], _ encoded: [TokenizedPrompt], _ generator: Generator,
    _ sampler: Sampler,
    _ tokenizer: Tokenizer
  ) throws {
    for (question, tokens) in zip(questions, encoded) {
      if questions.count > 1 { try Console.output("── \(ByteString(question.id))") }
      var decoder = TokenDecoder(tokenizer, skippingSpecialTokens: true)
      var failure: (any Error)?
      let show = { (_: Int, token: Int32) in
        do {
          try Console.output(bytes: Array(decoder.append(token).utf8))
          return true
        } catch {
          failure = error
          return false
        }
      }
      _ = try generator.generate([tokens], maxTokens: maxTokens, sampler: sampler, onToken: show)
      if let failure { throw failure }
      try Console.output(decoder.finish())
    }
  }

  /// Prints one JSON object for each prompt.
  private func printRecords(
    _ questions: [Question], _ encoded: [TokenizedPrompt], _ generator: Generator,
    _ sampler: Sampler,
    _ tokenizer: Tokenizer
  ) throws {
    try generator.demandRoom(for: maxTokens, behind: encoded)
    let refusalTokens = RefusalTokens(fallbackFor: tokenizer)
    for start in stride(from: 0, to: encoded.count, by: Self.promptsAtOnce) {
      let group = start..<min(start + Self.promptsAtOnce, encoded.count)
      var logOdds = Array(repeating: 0.0, count: group.count)
      let replies = try generator.generate(
        Array(encoded[group]), maxTokens: maxTokens, sampler: sampler,
        onFirstLogits: { logOdds[$0] = refusalTokens.logOdds($1) })
      for (place, index) in group.enumerated() {
        let reply = replies[place]
        let text = tokenizer.decode(reply.ids, skippingSpecialTokens: true)
        let record = GenerationRecord(
          id: questions[index].id, reply: text, tokens: reply.ids.count,
          stopReason: reply.stopReason, refusal: RefusalVerdicts(text, rules: .general),
          refusalLogOdds: logOdds[place], coherence: Coherence(ids: reply.ids))
        try Console.output(json: record)
      }
    }
  }

  /// Prompts that are replied to together; weights are then read once for all of them.
  private static let promptsAtOnce = 32
}

/// A reply and its measures, as `plumb generate --json` prints them.
private struct GenerationRecord: Encodable {
  let id: String
  let reply: String
  let tokens: Int
  let stopReason: StopReason
  let refusal: RefusalVerdicts
  let refusalLogOdds: Double
  let coherence: Coherence
}
