import Kernels
import ModelFiles

/// The token embedding `[vocab, d_model]`, read row by row from the mapped checkpoint.
///
/// Prompts touch few rows, so the table is never held in memory.
struct TokenEmbedding: Sendable {
  let checkpoint: Checkpoint
  let tensor: StoredTensor

  /// Lets the pages of the table go that were touched.
  func release() { checkpoint.release(tensor) }

  /// Looks up each token's row.
  func read(_ tokens: [Int32], into residual: inout FloatMatrix) throws {
    for (row, token) in tokens.enumerated() {
      precondition(
        token >= 0 && Int(token) < tensor.shape[0],
        "token \(token) in a vocabulary of \(tensor.shape[0])")
      var target = residual.mutableRows(row..<row + 1)
      try unsafe target.withUnsafeMutableBufferPointer { buffer in
        try unsafe checkpoint.read(tensor, row: Int(token), into: buffer)
      }
    }
  }
}
