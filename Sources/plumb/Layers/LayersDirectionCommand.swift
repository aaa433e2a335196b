import ArgumentParser
import Foundation
import Inference
import ModelFiles
import Probes
import Reports
import Tokenization

/// The direction along which a model refuses.
struct LayersDirectionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "direction",
    abstract: "Find the direction along which a model goes when it refuses.",
    usage: "plumb layers direction --model M --prompts PAIRS --output DIR [<options>]",
    discussion: """
      Takes the difference of class means at every layer and last position, and chooses by what projecting it \
      out, and adding it, does to the refusal log-odds and to harmless answers. The chosen one is reported \
      beside random directions and shuffled labels, on prompts that took no part. Prompts have parts by the \
      column split (train, dev, test), or else by a seeded draw of whole groups. Besides result.json, report.md \
      and report.html the folder gets project-out.safetensors and add.safetensors, which plumb generate \
      --steer takes. The model is changed in memory only.
      """)

  @OptionGroup var layers: LayersOptions
  @Flag(
    help: """
      Keep prompts whatever the model does with them (default: harmful ones it would refuse and harmless ones \
      it would answer).
      """)
  var allPrompts = false
  @OptionGroup var limits: DirectionLimitOptions
  @Flag(help: "Leave out conditional steering.")
  var noSteering = false

  func run() throws {
    let input = try LayersInput(layers)
    let vectors = DirectionFiles(input)
    try vectors.demandAbsent()
    let analysis = try DirectionRun(
      input, DirectionOptions(keepsAllPrompts: allPrompts, limits: limits.limits))
    let found = try analysis.run()
    let steering = noSteering ? nil : try analysis.steering()
    Console.endProgress()
    let report = input.report(LayerDirection(direction: found.result, steering: steering))
    let written = try vectors.write(found)
    try input.write(
      report, notes: written.map { "Vector for plumb generate --steer: \($0)" },
      printsJSON: layers.run.json)
  }
}

/// What a candidate for the direction must keep to.
struct DirectionLimitOptions: ParsableArguments {
  @Option(
    help: """
      The largest mean KL divergence, in nats, of harmless answers from what they were when a candidate is \
      projected out. Small models change more.
      """)
  private var maxDivergence = DirectionLimits().divergence

  /// The limits, the others as published.
  var limits: DirectionLimits { DirectionLimits(divergence: maxDivergence) }

  func validate() throws {
    guard maxDivergence >= 0 else {
      throw ValidationError("--max-divergence must be 0 or more.")
    }
  }
}

/// The search for a direction on some input.
struct DirectionRun {
  /// How refusals begin.
  let opening: RefusalOpening
  /// The part that each prompt is for.
  let parts: [PromptPart]
  private let input: LayersInput
  private let options: DirectionOptions

  /// Finds how refusals begin, on the prompts to fit on.
  init(_ input: LayersInput, _ options: DirectionOptions) throws {
    self.input = input
    parts = try input.labeled.disjointParts(seed: input.checks.seed)
    opening = try input.refusalOpening(parts)
    self.options = options
  }

  /// Looks for the direction.
  func run() throws -> FoundDirection {
    let bar = SharedProgress(label: "direction", unit: "directions")
    return try input.checks.refusalDirection(
      opening, parts: parts, endOfSequence: input.endOfSequence, options
    ) { bar.update(done: $0, of: $1) }
  }

  /// Measures conditional steering; nil where prompts are too few, or the tokenizer knows no consent.
  func steering() throws -> ConditionalSteering? {
    guard let consent = input.encoder.tokenizer.encode("Sure").first else { return nil }
    return try input.checks.conditionalSteering(
      opening, parts: parts, consent: consent, endOfSequence: input.endOfSequence)
  }
}

extension LayersInput {
  /// How the model's refusals begin, on the prompts to fit on.
  func refusalOpening(_ parts: [PromptPart]) throws -> RefusalOpening {
    try checks.restricted(to: checks.indices(of: .train, parts)).refusalOpening(
      tokenizer: encoder.tokenizer, endOfSequence: endOfSequence)
  }
}

/// The files of a chosen direction.
struct DirectionFiles {
  private let input: LayersInput
  /// To be projected out.
  private let projection: String
  /// To be added.
  let addition: String

  /// Names the files in the folder of the results.
  init(_ input: LayersInput) {
    self.input = input
    projection = "\(input.folder)/project-out.safetensors"
    addition = "\(input.folder)/add.safetensors"
  }

  /// Refuses files that exist, before any work is done.
  func demandAbsent() throws {
    if input.isOverwriting { return }
    for path in [projection, addition] where FileManager.default.fileExists(atPath: path) {
      throw ModelFileError.outputExists(path: path)
    }
  }

  /// Writes the direction in both roles, or removes an earlier one where there is none.
  ///
  /// - Parameter found: what the search gave.
  /// - Returns: the files written.
  /// - Throws: `ModelFileError` where a file cannot be written.
  func write(_ found: FoundDirection) throws -> [String] {
    guard let vector = found.vector, let chosen = found.result.chosen else {
      for path in [projection, addition] where input.isOverwriting {
        try? FileManager.default.removeItem(atPath: path)
      }
      return []
    }
    try FileManager.default.createDirectory(
      atPath: input.folder, withIntermediateDirectories: true)
    let space = TypedVector.Space(of: input.model, input.encoder)
    for (path, operation) in [
      (projection, TypedVector.Operation.projectOut), (addition, .add),
    ] {
      try TypedVector(
        vector.values,
        TypedVector.Meaning(
          operation: operation, site: vector.site, position: chosen.position,
          positive: input.origin.meaningOfOne, negative: input.origin.meaningOfZero,
          unit: .activation, source: "plumb layers direction"), in: space
      ).write(to: path, overwriting: input.isOverwriting)
    }
    return [projection, addition]
  }
}
