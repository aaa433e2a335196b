public import Probes
public import Tokenization

extension TokenView {
  /// Prompts shown of each class.
  static let promptsPerClass = 20

  /// Scores tokens of a sample of prompts by the probe of the reference cell.
  ///
  /// Only for stores that hold the prompts' text: a page with tokens shows them.
  ///
  /// - Parameters:
  ///   - run: the analysis and its probes.
  ///   - origin: what the labels mean.
  ///   - checks: the prompts and the model.
  ///   - ids: the id of each prompt.
  ///   - tokenizer: the model's.
  /// - Returns: nil where the run has no probe at its reference cell.
  /// - Throws: `ModelFileError` where weights cannot be read.
  public init?(
    _ run: ProbeRun, origin: ProbeOrigin, checks: ModelChecks, ids: [String],
    tokenizer: Tokenizer
  ) throws {
    let reference = run.analysis.controls.reference
    guard let probe = run.probes.first(where: { $0.cell == reference && $0.kind == .logistic })
    else { return nil }
    let shown = checks.promptsToShow(perClass: Self.promptsPerClass)
    let scores = try checks.tokenScores(probe, prompts: shown)
    self.init(
      cell: reference.name,
      prompts: zip(shown, scores).map { index, scores in
        let prompt = checks.tokens[index]
        return Prompt(
          id: ids[index],
          label: checks.prompts[index].label == 1 ? origin.meaningOfOne : origin.meaningOfZero,
          tokens: prompt.ids.indices.map {
            Token(
              text: tokenizer.decode([prompt.ids[$0]]), role: "\(prompt.roles[$0])",
              score: scores[$0])
          })
      })
  }
}
