import Tokenization

/// A batch laid out in rows, and where each sequence's positions lie in them.
struct BatchLayout {
  /// The rows, in sequences that begin where others leave off, and the targets among them.
  private(set) var rows: LossBatch
  /// For each sequence of the rows, the rows of all its positions from position 0; its own come last.
  private(set) var paths: [[Range<Int>]]

  /// Lays a batch out as it is, or what several sequences begin with once.
  ///
  /// Rows that agree in all earlier tokens are the same on the way there, and what they get on the way back
  /// adds up.
  init(_ batch: LossBatch, sharing: Bool) {
    let tokens = batch.batch
    rows = batch
    paths = tokens.sequences.map { [$0.rows] }
    if !sharing { return }
    let layout = PrefixLayout(
      tokens.sequences.map {
        TokenizedPrompt(ids: Array(tokens.tokens[$0.rows]), roles: Array(tokens.roles[$0.rows]))
      }[...], lengths: tokens.sequences.map(\.rows.count), sharing: true)
    if layout.rowCount == tokens.tokens.count { return }
    rows = LossBatch(
      batch: layout.batch(rows: Array(0..<layout.rowCount), keyValues: nil).0,
      targets: batch.targets.map { target in
        let position = target.row - tokens.sequences[target.sequence].rows.lowerBound
        var target = target
        target.row = layout.row(ofSequence: target.sequence, position: position)
        return target
      })
    paths = layout.pathsOfSequences
  }
}
