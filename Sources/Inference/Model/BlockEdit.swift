/// What is done to a block before it is computed; the weights it was read with stay as they are.
protocol BlockEdit: Sendable {
  /// The block as it is to be computed.
  func edited(_ block: DecoderBlock) -> DecoderBlock
}
