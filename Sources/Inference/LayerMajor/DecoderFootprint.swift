public import Kernels
import ModelFiles

/// How much memory and arithmetic the parts of a decoder take in a layer-major pass.
public struct DecoderFootprint: Sendable {
  /// Bytes of one block's packed weights.
  public let blockByteCount: Int
  /// Bytes of the packed head.
  public let headByteCount: Int
  /// Bytes of the largest matrix of a block, as floats; a matrix is decoded whole before it is packed.
  public let blockDecodingByteCount: Int
  /// The same of the head.
  public let headDecodingByteCount: Int
  /// Bytes that a row of a pass takes: its stream, twice where rows are regrouped, its keys and values,
  /// its token and its part in the layout.
  public let rowByteCount: Int
  /// Floating-point operations of one block's products for one row.
  public let blockOperationCount: Int

  private let description: DecoderDescription

  /// Adds up a decoder's parts.
  public init(_ description: DecoderDescription, precision: Precision) {
    self.description = description
    let shapes = DecoderWeights.requirements(description, layer: 0).map(\.shape)
    let matrices = shapes.filter { $0.count == 2 }
    blockByteCount = shapes.reduce(0) { $0 + Self.packedByteCount($1, precision) }
    blockDecodingByteCount = 4 * (matrices.map { $0[0] * $0[1] }.max() ?? 0)
    let head = [description.vocabularySize, description.dModel]
    headByteCount = Self.packedByteCount(head, precision)
    headDecodingByteCount = 4 * head[0] * head[1]
    let rows = LayerMajorPass.rowsPerTile
    let keyValues = KeyValues.byteCount(description.attention, rows: rows) / rows
    rowByteCount = 2 * 4 * description.dModel + keyValues + 160
    blockOperationCount = matrices.reduce(0) { $0 + 2 * $1[0] * $1[1] }
  }

  /// Packed layouts fill blocks of columns and of inner elements.
  private static func packedByteCount(_ shape: [Int], _ precision: Precision) -> Int {
    guard shape.count == 2 else { return 4 * shape[0] }
    return (shape[0] + 63) / 64 * 64 * ((shape[1] + 31) / 32 * 32) * precision.byteCount
  }

  /// Bytes of one thread's buffers.
  ///
  /// - Parameters:
  ///   - positions: the most positions of any sequence.
  ///   - includingLogits: whether logits are made.
  /// - Returns: the bytes.
  public func workerByteCount(positions: Int, includingLogits: Bool) -> Int {
    let heads = description.attention
    let widths =
      4 * description.dModel + 2 * description.dMLP
      + (2 * heads.headCount + 2 * heads.keyValueHeadCount) * heads.dHead
      + (includingLogits ? description.vocabularySize : 0)
    let rounded = max(description.dMLP, description.dModel) / 2
    return 4 * LayerMajorPass.rowsPerTile * (widths + rounded)
      + 4 * heads.scratchCount(positions: positions) + 8 * heads.dHead * max(positions, 256)
  }
}
