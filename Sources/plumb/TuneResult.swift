import Foundation
import ModelFiles
import Tuning

/// `result.json` of a run, schema 1: everything but times, which are in the log.
struct TuneResult: Encodable {
  let schema = 1
  let toolVersion: String
  /// Every choice, by the names of the options.
  let configuration: [String: String]
  let trainingExamples: Int
  let heldOutExamples: Int
  /// Examples that lost the end of an answer.
  let truncatedExamples: Int
  /// Values that could be trained.
  let trainedParameters: Int
  /// The folder with the weights: `adapter` or `model`.
  let weights: String
  /// What came of the steps.
  let outcome: TuningOutcome
  /// How far each weight moved.
  let updates: [UpdateNorm]

  init(
    toolVersion: String, settings: TuneSettings, outcome: TuningOutcome, trainingExamples: Int,
    heldOutExamples: Int, truncatedExamples: Int, trainedParameters: Int, weights: String,
    updates: [UpdateNorm]
  ) {
    self.toolVersion = toolVersion
    configuration = Dictionary(
      uniqueKeysWithValues: settings.effective.map { ($0.key.rawValue, $0.value) })
    self.trainingExamples = trainingExamples
    self.heldOutExamples = heldOutExamples
    self.truncatedExamples = truncatedExamples
    self.trainedParameters = trainedParameters
    self.weights = weights
    self.outcome = outcome
    self.updates = updates
  }

  /// The file's text: the same bytes for the same run.
  func json() throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    return Array(try encoder.encode(self)) + [UInt8(ascii: "\n")]
  }

  /// What a person wants to know.
  func sentences(output: String) -> String {
    let losses = outcome.evaluations
    var lines = [
      "\(ByteString(output)): \(outcome.steps) steps with the strategy \(outcome.strategy) on "
        + "\(trainingExamples) examples, \(outcome.targets) of \(outcome.tokens) tokens with loss; last loss "
        + "\(outcome.lastLoss.map { "\($0.rounded(toPlaces: 4))" } ?? "none")."
    ]
    if let first = losses.first, let last = losses.last {
      let best = outcome.best.map { "\($0.loss.rounded(toPlaces: 4)) after step \($0.step)" } ?? ""
      lines.append(
        "Held-out loss: \(first.loss.rounded(toPlaces: 4)) before, \(last.loss.rounded(toPlaces: 4)) "
          + "after, lowest \(best)\(outcome.stoppedEarly ? ", where it stopped early" : "").")
    }
    if let skipped = outcome.counters["skipped"], skipped.sum > 0 {
      lines.append(
        "\(Int(skipped.sum)) of \(skipped.steps) steps had no safety gradient and were plain.")
    }
    lines.append("Wrote \(weights)/, log.jsonl and result.json.")
    return lines.joined(separator: "\n")
  }
}
