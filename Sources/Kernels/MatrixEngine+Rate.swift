extension MatrixEngine {
  /// The speed of products of a shape on the calling thread, tried for a moment.
  ///
  /// - Parameters:
  ///   - inner: width of an input row.
  ///   - columns: width of an output row.
  /// - Returns: floating-point operations per second of the best of several tries; nil where the backend has
  ///   no such product.
  public func operationsPerSecond(inner: Int, columns: Int) -> Double? {
    let rows = 64
    guard
      let weights = PackedWeights(FloatMatrix(rows: columns, width: inner), engine: self)
    else { return nil }
    let input = FloatMatrix(rows: rows, width: inner)
    var output = FloatMatrix(rows: rows, width: columns)
    var scratch = ProductScratch()
    setProductThreads(1)
    var best = Duration.seconds(1)
    let end = ContinuousClock.now + .milliseconds(20)
    repeat {
      let time = ContinuousClock().measure {
        weights.multiply(input, rows: 0..<rows, into: &output, scratch: &scratch)
      }
      best = min(best, time)
    } while ContinuousClock.now < end
    return Double(2 * rows * inner * columns) / max(best / .seconds(1), 1e-9)
  }
}
