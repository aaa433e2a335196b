import CKernels

/// The cross-entropy in nats of each row of logits `[row, vocab]` with a token.
///
/// - Parameters:
///   - logits: `[row, vocab]`.
///   - tokens: the token of each row.
///   - threads: how many threads divide the rows.
/// - Returns: the loss of each row.
public func crossEntropy(
  _ logits: borrowing FloatMatrix, tokens: ArraySlice<Int32>, threads: Int
) -> [Double] {
  let width = logits.width
  nonisolated(unsafe) let base = unsafe logits.pointer(rows: 0..<tokens.count)
  return losses(tokens, width: width, threads: threads) { row, token in
    unsafe ck_cross_entropy(base + row * width, width, token)
  }
}

/// The same, and replaces the logits by the derivative of each row's loss by them, times the row's slope.
///
/// - Parameters:
///   - logits: `[row, vocab]`, in place.
///   - tokens: the token of each row.
///   - slopes: what each row's derivative is multiplied by.
///   - threads: how many threads divide the rows.
/// - Returns: the loss of each row.
public func crossEntropyBackward(
  _ logits: inout FloatMatrix, tokens: ArraySlice<Int32>, slopes: ArraySlice<Float>, threads: Int
) -> [Double] {
  precondition(tokens.count == slopes.count, "\(tokens.count) tokens, \(slopes.count) slopes")
  let width = logits.width
  nonisolated(unsafe) let base = unsafe logits.pointer(rows: 0..<tokens.count)
  return losses(tokens, width: width, threads: threads) { row, token in
    unsafe ck_cross_entropy_backward(
      base + row * width, width, token, slopes[slopes.startIndex + row])
  }
}

private func losses(
  _ tokens: ArraySlice<Int32>, width: Int, threads: Int,
  _ loss: @Sendable (_ row: Int, _ token: Int) -> Double
) -> [Double] {
  for token in tokens {
    precondition(token >= 0 && token < width, "token \(token) in a vocabulary of \(width)")
  }
  return unsafe [Double](unsafeUninitializedCapacity: tokens.count) { buffer, filled in
    nonisolated(unsafe) let target = unsafe buffer
    parallelFor(count: tokens.count, threads: threads) { row in
      unsafe target.initializeElement(
        at: row, to: loss(row, Int(tokens[tokens.startIndex + row])))
    }
    filled = tokens.count
  }
}
