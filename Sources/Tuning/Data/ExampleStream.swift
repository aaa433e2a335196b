import Inference

/// Examples dealt out to steps.
public struct ExampleStream: Sendable {
  /// The examples.
  public let examples: [TrainingExample]
  /// The file they come from.
  public let path: String
  private var stream: BatchStream

  package init(
    _ examples: [TrainingExample], path: String, _ plan: BatchStream.Plan, stream: UInt64
  ) {
    self.examples = examples
    self.path = path
    self.stream = BatchStream(examples, plan, stream: stream)
  }

  /// The examples of the next step.
  public mutating func next() -> StepExamples {
    let step = stream.next()
    return StepExamples(
      batches: step.batches.map { $0.map { examples[$0] } }, path: path, epoch: step.epoch)
  }

  /// The examples after which the stream goes on.
  var place: (epoch: Int, dealt: Int) { (stream.epoch, stream.dealt) }

  /// Goes on from a place; false where the stream has no such place.
  mutating func resume(epoch: Int, dealt: Int) -> Bool {
    stream.resume(epoch: epoch, dealt: dealt)
  }

  /// How many steps some epochs take.
  func stepCount(epochs: Int) -> Int { stream.stepCount(epochs: epochs) }
}

/// What a step learns from.
public struct StepExamples: Sendable {
  /// Examples, batch by batch.
  public let batches: [[TrainingExample]]
  /// The file they come from.
  public let path: String
  /// The epoch of that file, counted from 0.
  public let epoch: Int

  /// The batches for a model.
  var lossBatches: [LossBatch] { batches.map { LossBatch($0) } }
  /// Where the examples stand.
  var places: [TrainingPlace] {
    batches.flatMap { $0 }.map { TrainingPlace(path: path, line: $0.line) }
  }
  /// The tokens of all examples.
  var tokenCount: Int { batches.joined().reduce(0) { $0 + $1.ids.count } }
}
