import Probes

extension ProbeReport {
  /// How the figures came about.
  var methodItems: [String] {
    let options = analysis.options
    let folds = analysis.sample.folds
    let penalties = options.penalties
    return [
      """
      Sample: \(sampleSentence), in \(folds.count) folds of \
      \(folds.map { "\($0.rows)" }.joined(separator: ", ")) prompts. Prompts that share a group, a \
      pair or their text are never split; seed \(options.seed).
      """,
      """
      Every score of the headline, the cells and the baselines is of a prompt whose fold took no part in \
      fitting, standardising or choosing. Controls at the reference cell are of held-out prompts too, but that \
      cell was chosen with all folds.
      """,
      """
      Logistic regression: standardised in the training part, L2 penalty C chosen by log loss on the \
      inner folds (the other folds, each left out in turn) from \(penalties.count) values, \
      \(penaltyText(penalties.first)) to \(penaltyText(penalties.last)); C is scikit-learn's. The \
      path from strong to weak ends when the loss was lowest two values ago, or is below a \
      thousandth of guessing. The C in the table is that of the saved probe.
      """,
      "Mass-mean: difference of the class means, threshold half-way between them.",
      """
      LDA: the same difference, whitened by the covariance within classes, which is shrunk as Ledoit and \
      Wolf do.
      """,
      """
      AUROC: share of pairs of a prompt of each class, both of the same held-out fold, that are in \
      order, ties counting one half. Scores of different folds are of different probes and are not \
      compared.
      """,
      """
      Balanced accuracy: mean share of right decisions in the two classes, at log-odds 0 for \
      logistic regression and LDA and at the midpoint for mass-mean.
      """,
      """
      Intervals: 2.5th to 97.5th percentile over \(options.draws) draws of whole groups; gains are \
      differences on the same prompts and the same draws.
      """,
      """
      Baselines: the length of the user's text in tokens, its punctuation marks, the set of its token \
      ids (the 4096 most common) and the mean of their embeddings, by the same logistic regression with \
      the same folds and choice of C; and naive Bayes on the set.
      """,
      """
      Near-duplicates: prompts of different groups that share half of their token trigrams (Jaccard \
      index); all but the first of a family are dropped before anything else.
      """,
      """
      Chances: the scores of the inner folds recalibrate those of the outer fold, and set its \
      thresholds. Calibration is over \(Calibration.usualBinCount) bins of equal size.
      """,
    ]
  }

  /// What the figures do not show.
  func limitItems(_ escape: (String) -> String) -> [String] {
    var items = [
      analysis.controls.causal.finding == nil
        ? """
        That a label can be decoded does not mean the model acts on it; nothing here intervenes on the \
        model.
        """
        : """
        The causal row is about refusals in one token after the prompt, on a sample of the prompts.
        """,
      """
      A text-only predictor that knows more than tokens may do better than the baselines.
      """,
      """
      Intervals cover which groups were held out, not which were trained on, and say nothing about \
      prompts from elsewhere.
      """,
    ]
    items += origin.limitItems(escape)
    let penalties = analysis.options.penalties
    let edge = analysis.cells.count {
      $0.finalPenalty == penalties.first || $0.finalPenalty == penalties.last
    }
    if edge > 0 {
      items.append(
        "In \(counted(edge, "cell")) the chosen C is at an end of the values tried.")
    }
    return items
  }
}
