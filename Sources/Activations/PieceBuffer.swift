/// The bytes that are converted, read or checked at a time: within the second-level cache, and a multiple
/// of every value's size.
let pieceByteCount = 1 << 18

/// Lends memory for one piece.
func withPieceBuffer<Value, Failure: Error>(
  _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Value
) throws(Failure) -> Value {
  let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: pieceByteCount, alignment: 64)
  defer { unsafe buffer.deallocate() }
  return try unsafe body(buffer)
}
