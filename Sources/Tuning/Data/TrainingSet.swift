import Inference
public import Tokenization

/// The examples of a file.
public struct TrainingSet: Sendable {
  /// The file.
  public let path: String
  /// The examples in the order of the file, at least one.
  public let examples: [TrainingExample]
  /// SHA-256 over the content of the file's lines.
  public let digest: String
  /// How many examples lost the end of an answer.
  public let truncatedCount: Int

  /// Examples that come from no file.
  package init(examples: [TrainingExample]) {
    precondition(!examples.isEmpty, "no examples")
    self.examples = examples
    path = ""
    digest = ""
    truncatedCount = 0
  }

  /// Reads and encodes a file.
  ///
  /// - Parameters:
  ///   - path: JSONL or CSV with `messages`, or `prompt` and `response`, and optionally `system`.
  ///   - encoder: lays conversations out.
  ///   - maximumLength: the most tokens of an example.
  ///   - truncates: whether longer examples lose their end; otherwise they are refused.
  /// - Throws: `TuningError` for lines that cannot be learned from, and what `PromptSet` throws.
  public init(
    path: String, encoder: TrainingEncoder, maximumLength: Int, truncates: Bool = false
  ) throws {
    try self.init(
      try PromptSet(path: path), encoder: encoder, maximumLength: maximumLength,
      truncates: truncates)
  }

  /// Encodes what a file holds; all bad lines are reported together.
  public init(
    _ set: PromptSet, encoder: TrainingEncoder, maximumLength: Int, truncates: Bool = false
  ) throws(TuningError) {
    var gathered = GatheredExamples(maximumLength: maximumLength, truncates: truncates)
    for prompt in set.prompts {
      gathered.add(line: prompt.line) { () throws(TrainingFault) in
        try encoder.example(of: prompt)
      }
    }
    examples = try gathered.examples(path: set.path)
    truncatedCount = gathered.truncatedCount
    path = set.path
    digest = set.digest
  }

  /// Divides examples in two by a seed.
  ///
  /// - Parameters:
  ///   - fraction: the share to hold out, of which at least one example is held out.
  ///   - seed: fixes which.
  ///   - lines: lines that are not held out and do not count in the share.
  /// - Returns: the examples to train on and those held out, both in the order of the file.
  /// - Throws: `TuningError.nothingLeft` where no example would be left to train on.
  public func split(
    holdingOut fraction: Double, seed: UInt64, keeping lines: Set<Int> = []
  ) throws(TuningError) -> (training: [TrainingExample], heldOut: [TrainingExample]) {
    var order = examples.indices.filter { !lines.contains(examples[$0].line) }
    let count = max(1, Int((fraction * Double(order.count)).rounded()))
    guard count < order.count else {
      throw .nothingLeft(path: path, examples: order.count, heldOut: count)
    }
    var generator = SeededGenerator(seed: seed, stream: TuningStream.heldOut)
    generator.shuffle(&order)
    let heldOut = Set(order.prefix(count))
    return (
      examples.indices.filter { !heldOut.contains($0) }.map { examples[$0] },
      examples.indices.filter { heldOut.contains($0) }.map { examples[$0] }
    )
  }
}

/// Gathers examples and bad lines.
struct GatheredExamples {
  let maximumLength: Int
  let truncates: Bool
  private var examples: [TrainingExample] = []
  private var faults: [TrainingLineFault] = []
  private var tooLongCount = 0
  private(set) var truncatedCount = 0

  init(maximumLength: Int, truncates: Bool) {
    self.maximumLength = maximumLength
    self.truncates = truncates
  }

  /// Adds the example of a line, or notes why there is none.
  mutating func add(
    line: Int, _ make: () throws(TrainingFault) -> TrainingExample
  ) {
    do throws(TrainingFault) {
      var example = try make()
      if example.ids.count > maximumLength {
        guard truncates else {
          tooLongCount += 1
          throw .tooLong(tokens: example.ids.count, most: maximumLength)
        }
        example = example.prefix(maximumLength)
        guard example.targetCount > 0 else {
          throw .nothingLeftOfAnswer(most: maximumLength)
        }
        truncatedCount += 1
      }
      examples.append(example)
    } catch {
      faults.append(TrainingLineFault(line: line, fault: error))
    }
  }

  /// All examples, where no line was bad.
  func examples(path: String) throws(TuningError) -> [TrainingExample] {
    guard faults.isEmpty else {
      throw .dataLines(path: path, faults, tooLong: tooLongCount)
    }
    return examples
  }
}

/// What each stream of random numbers is for; the numbers are part of every result.
enum TuningStream {
  static let heldOut: UInt64 = 501
  static let adapters: UInt64 = 502
  static let dropout: UInt64 = 503
  static let formatSample: UInt64 = 504
  static let selection: UInt64 = 505
  static let places: UInt64 = 506
  /// Orders of epochs follow one another from here.
  static let taskOrder: UInt64 = 1 << 32
  static let safetyOrder: UInt64 = 2 << 32
  static let contrastOrder: UInt64 = 3 << 32
  /// Draws for single safety examples follow one another from here.
  static let options: UInt64 = 4 << 32
  static let standIns: UInt64 = 5 << 32
}
