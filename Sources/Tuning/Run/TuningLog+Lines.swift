import ModelFiles

/// The lines of a log as they are written.
extension TuningLog {
  /// The line of a step.
  static func line(
    _ outcome: StepOutcome, step: Int, epoch: Int, rates: [Double], norm: Double, tokens: Int,
    targets: Int, seconds: Double
  ) -> JSONObject {
    let counters = outcome.counters.sorted { $0.key < $1.key }.map {
      (key: ByteString($0.key), value: JSONValue.number($0.value))
    }
    let line: JSONObject = [
      "step": .number(step), "epoch": .number(epoch), "loss": .number(outcome.loss),
      "rates": .array(rates.map { .number($0) }), "gradient_norm": .number(norm),
      "tokens": .number(tokens), "targets": .number(targets), "seconds": .number(seconds),
    ]
    guard !counters.isEmpty else { return line }
    return JSONObject(
      line.members + [(key: "counters", value: .object(JSONObject(counters)))])
  }

  /// The line of an evaluation.
  static func line(_ evaluation: TuningOutcome.Evaluation, seconds: Double) -> JSONObject {
    [
      "step": .number(evaluation.step), "held_out_loss": .number(evaluation.loss),
      "seconds": .number(seconds),
    ]
  }
}
