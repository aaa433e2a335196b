import Foundation
import ModelFiles

/// What the log of a run tells of its steps, times among it.
public struct TuningLog: Sendable, Equatable {
  /// A step.
  public struct Step: Sendable, Equatable, Decodable {
    /// Which, counted from 1.
    public let step: Int
    /// The mean loss of its targets, in nats.
    public let loss: Double
    /// The learning rate of each group of tensors, in the order of the outcome's groups.
    public let rates: [Double]
    /// The norm of the gradient, before it was shortened.
    public let gradientNorm: Double
    /// Tokens that went through the model.
    public let tokens: Int
    /// How long it took.
    public let seconds: Double
    /// The strategy's own figures.
    public let counters: [String: Double]?
  }

  /// A loss on held-out examples.
  public struct Evaluation: Sendable, Equatable, Decodable {
    /// Steps done before it.
    public let step: Int
    /// The mean loss of all targets, in nats.
    public let heldOutLoss: Double
    /// How long it took.
    public let seconds: Double
  }

  /// The name of the file in a run's folder.
  public static let fileName = "log.jsonl"
  /// The largest log that is read; a step takes a few hundred bytes.
  private static let byteLimit = 1 << 30

  /// The steps, and the evaluations between them, in their order.
  public let steps: [Step]
  public let evaluations: [Evaluation]

  /// Reads a log.
  public init(path: String) throws {
    let file = try MappedFile(path: path)
    guard file.count <= Self.byteLimit else {
      throw ModelFileError.tooLarge(path: path, count: file.count, limit: Self.byteLimit)
    }
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    var steps: [Step] = []
    var evaluations: [Evaluation] = []
    let data = unsafe file.withBytes { unsafe Data($0) }
    for (index, line) in data.split(separator: UInt8(ascii: "\n")).enumerated() {
      if let step = try? decoder.decode(Step.self, from: line) {
        steps.append(step)
      } else if let evaluation = try? decoder.decode(Evaluation.self, from: line) {
        evaluations.append(evaluation)
      } else {
        throw TuningError.logLine(path: path, line: index + 1)
      }
    }
    self.steps = steps
    self.evaluations = evaluations
  }
}
