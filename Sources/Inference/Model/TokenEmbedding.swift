import Kernels

/// The token embedding `[vocab, d_model]`, read row by row from its source.
///
/// Prompts touch few rows, so the table is never held in memory.
struct TokenEmbedding: Sendable {
  private static let name = "\(WeightModule.embedTokens.path(layer: nil)).weight"
  let source: any WeightSource
  let vocabularySize: Int

  /// Lets the pages of the table go that were touched.
  func release() { source.release(Self.name) }

  /// Looks up each token's row.
  func read(_ tokens: [Int32], into residual: inout FloatMatrix) throws {
    for (row, token) in tokens.enumerated() {
      precondition(
        token >= 0 && Int(token) < vocabularySize,
        "token \(token) in a vocabulary of \(vocabularySize)")
      var target = residual.mutableRows(row..<row + 1)
      try source.read(Self.name, row: Int(token), into: &target)
    }
  }
}
