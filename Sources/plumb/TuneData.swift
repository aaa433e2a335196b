import Foundation
import Inference
import ModelFiles
import Tokenization
import Tuning

/// The examples of a run.
struct TuneData {
  let encoder: TrainingEncoder
  /// The file of examples and what was read of it.
  let set: TrainingSet
  let training: [TrainingExample]
  let heldOut: [TrainingExample]
  /// SHA-256 over the content of a file of held-out examples.
  let heldOutDigest: String?
  private let maximumLength: Int
  private let truncates: Bool

  private enum Order: String, CaseIterable {
    case shuffled, file
  }

  /// Whether every epoch has an order of its own.
  let shuffles: Bool

  /// Reads the examples that the settings name.
  ///
  /// - Parameters:
  ///   - settings: the choices.
  ///   - model: its tokenizer and context.
  ///   - mix: the safety examples that are mixed in, if any.
  /// - Throws: an error for a choice that makes no sense, or lines that cannot be learned from.
  init(_ settings: inout TuneSettings, model: AdaptedModel, mix: TuneMix) throws {
    let isRaw = try settings.flag(.raw)
    let system = settings.text(.system)
    if isRaw && system != nil {
      throw CommandError.conflict("--system needs a chat template; leave out --raw.")
    }
    let encoder = try TrainingEncoder(
      try model.checkpoint.tokenizer, system: system, isRaw: isRaw,
      parsesSpecialTokens: try settings.flag(.parseSpecial))
    let context = model.checkpoint.configuration.contextLength
    let maximumLength = try settings.whole(.maxLength, default: context, in: 2...max(2, context))
    let truncates = try settings.flag(.truncate)
    (self.encoder, self.maximumLength, self.truncates) = (encoder, maximumLength, truncates)
    shuffles = try settings.choice(.order, default: Order.shuffled) == .shuffled
    set = try mix.set(try settings.demand(.data)) { prompts in
      try TrainingSet(
        prompts, encoder: encoder, maximumLength: maximumLength, truncates: truncates)
    }
    let heldOutPath = settings.text(.heldOut)
    let share = try settings.number(.heldOutShare, default: 0, in: 0...0.9)
    if let heldOutPath {
      guard share == 0 else {
        throw CommandError.conflict(
          "--held-out and --held-out-share both say what to evaluate on; give one of them.")
      }
      let file = try TrainingSet(
        path: heldOutPath, encoder: encoder, maximumLength: maximumLength, truncates: truncates)
      (training, heldOut, heldOutDigest) = (set.examples, file.examples, file.digest)
    } else if share > 0 {
      let seed = UInt64(try settings.whole(.seed, default: 0, in: 0...Int.max))
      (training, heldOut) = try set.split(
        holdingOut: share, seed: seed, keeping: mix.addedLines)
      heldOutDigest = nil
    } else {
      (training, heldOut, heldOutDigest) = (set.examples, [], nil)
    }
    if set.truncatedCount > 0 {
      Console.message(
        "plumb: \(set.truncatedCount) of \(set.examples.count) examples lost the end of an answer "
          + "to fit \(maximumLength) tokens.")
    }
  }

  /// Examples of another file, laid out the same way.
  func examples(of path: String) throws -> TrainingSet {
    try TrainingSet(
      path: path, encoder: encoder, maximumLength: maximumLength, truncates: truncates)
  }

  /// Pairs of answers of another file, laid out the same way.
  func pairs(of path: String) throws -> ContrastiveSet {
    try ContrastiveSet(
      path: path, encoder: encoder, maximumLength: maximumLength, truncates: truncates)
  }
}
