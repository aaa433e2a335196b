public import Probes
public import Tokenization

extension TokenView {
  /// Prompts shown of each class.
  static let promptsPerClass = 20

  /// Scores tokens of a sample of prompts at the reference cell, each prompt by the probe fitted without its
  /// fold.
  ///
  /// Only for stores that hold the prompts' text: a page with tokens shows them.
  ///
  /// - Parameters:
  ///   - run: the analysis and its probes.
  ///   - origin: what the labels mean.
  ///   - checks: the prompts and the model.
  ///   - ids: the id of each prompt.
  ///   - tokenizer: the model's.
  /// - Throws: `ModelFileError` where weights cannot be read.
  public init(
    _ run: ProbeRun, origin: ProbeOrigin, checks: ModelChecks, ids: [String],
    tokenizer: Tokenizer
  ) throws {
    let reference = run.analysis.controls.reference
    let shown = checks.promptsToShow(perClass: Self.promptsPerClass).compactMap { prompt in
      run.heldOutProbes[prompt].map { (prompt: prompt, probe: $0) }
    }
    let scores = try checks.tokenScores(at: reference, shown)
    self.init(
      cell: reference.name,
      prompts: zip(shown, scores).map { shown, scores in
        let prompt = checks.tokens[shown.prompt]
        return Prompt(
          id: ids[shown.prompt],
          label: checks.prompts[shown.prompt].label == 1
            ? origin.meaningOfOne : origin.meaningOfZero,
          tokens: prompt.ids.indices.map {
            Token(
              text: tokenizer.decode([prompt.ids[$0]]), role: "\(prompt.roles[$0])",
              score: scores[$0])
          })
      })
  }
}
