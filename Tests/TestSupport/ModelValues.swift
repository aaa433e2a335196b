public import Inference
public import ModelFiles
import Testing

/// The logits at every position of a sequence, row by row.
public func logits(of decoder: Decoder, _ tokens: [Int32]) throws -> [Float] {
  let capture = ActivationCapture(sites: [HookSite(.logits)])
  var space = DecoderWorkspace(for: decoder.description)
  var batch = TokenBatch()
  batch.append(tokens)
  try decoder.forward(
    batch, hooks: HookTable([capture], for: decoder.description), logits: .all, &space)
  return capture[HookSite(.logits)]
}

extension Checkpoint {
  /// The values of a tensor by its name.
  public func floats(_ name: String) throws -> [Float] {
    let tensor = try #require(tensors[ByteString(name)])
    var values = [Float](repeating: 0, count: tensor.elementCount)
    try unsafe values.withUnsafeMutableBufferPointer { try unsafe read(tensor, into: $0) }
    return values
  }
}
