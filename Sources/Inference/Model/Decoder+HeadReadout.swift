import Kernels

extension Decoder {
  /// What a block's attention adds along a direction, as a linear form of its head outputs.
  ///
  /// - Parameters:
  ///   - direction: `[d_model]`.
  ///   - layer: the block.
  /// - Returns: a weight for each channel of the head outputs, `[head, d_head]`, and what the output
  ///   projection's bias adds: attention adds the weighted sum of the channels, and the bias's part.
  /// - Throws: `ModelFileError` where the block cannot be read.
  package func headReadout(
    _ direction: [Float], layer: Int
  ) throws -> (weights: [Double], bias: Double) {
    let heads = description.attention
    let width = heads.headCount * heads.dHead
    precondition(
      direction.count == description.dModel, "a direction of \(direction.count) components")
    // The projection's rows are what it makes of unit vectors; the last row is what it makes of nothing.
    var units = FloatMatrix(rows: width + 1, width: width)
    for channel in 0..<width {
      var row = units.mutableRows(channel..<channel + 1)
      row[channel] = 1
    }
    var outputs = FloatMatrix(rows: width + 1, width: description.dModel)
    var scratch = ProductScratch()
    try blocks.block(layer).attention.output.forward(
      units, rows: width + 1, into: &outputs, scratch: &scratch)
    func component(_ row: Int) -> Double {
      let values = outputs[rows: row..<row + 1]
      return direction.indices.reduce(0) { $0 + Double(values[$1]) * Double(direction[$1]) }
    }
    let bias = component(width)
    return ((0..<width).map { component($0) - bias }, bias)
  }
}
