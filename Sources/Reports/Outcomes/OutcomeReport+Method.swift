import Probes

/// How the figures of classes and numbers came about, and what they leave open, where both are alike.
extension OutcomeReport {
  /// How the figures came about, those of the fits first.
  func methodItems(
    sample: String, folds: [Int], duplicates: DuplicateCount, keepsNearDuplicates: Bool,
    seed: UInt64, draws: Int, fits: [String]
  ) -> [String] {
    let fate =
      keepsNearDuplicates
      ? """
      they were kept (\(counted(duplicates.pairs, "pair"))), so a probe may be tested on what it was \
      trained on
      """
      : """
      of one label all but the first of a family are dropped before anything else \
      (\(counted(duplicates.dropped, "prompt"))), and those of different labels are never split
      """
    return [
      """
      Sample: \(sample), in \(folds.count) folds of \(folds.map { "\($0)" }.joined(separator: ", ")) \
      prompts. Prompts that share a group, a pair or their text are never split; seed \(seed).
      """,
      """
      Near-duplicates: prompts of different groups that share half of their token trigrams (Jaccard \
      index); \(fate).
      """,
      """
      Every figure is of prompts whose fold took no part in fitting, standardising or choosing.
      """,
    ] + fits + [
      """
      Intervals: 2.5th to 97.5th percentile over \(draws) draws of whole groups; gains are differences on \
      the same prompts and draws.
      """,
      """
      Baselines: the length of the user's text in tokens, and the set of its token ids, by the same fit \
      with the same folds and choice of penalty.
      """,
    ]
  }

  /// What the figures do not show.
  func limitItems(_ escape: (String) -> String) -> [String] {
    [
      "That a label can be decoded does not mean the model acts on it; nothing here intervenes on it.",
      """
      Not run, being for two classes: permuted labels, control task, alike prompts, \
      calibration, transfer, and the rows that ask the model. --positive makes two classes of a column.
      """,
      "A text-only predictor that knows more than tokens may do better than the baselines.",
    ] + origin.limitItems(escape)
  }
}
