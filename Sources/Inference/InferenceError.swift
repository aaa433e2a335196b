public import ModelFiles

/// Every failure of inference, as values.
public enum InferenceError: Failure, Equatable {
  /// oneDNN has no CPU engine on this machine.
  case backendUnavailable
  /// oneDNN cannot make a product with weights of this shape.
  case productUnavailable(name: String, shape: [Int])
  /// A block's contributions do not add up to what leaves it.
  case residualIdentity(layer: Int, error: Double)
  /// A prompt and the tokens asked for do not fit the model.
  case contextTooShort(prompt: String, tokens: Int, wanted: Int, contextLength: Int)
  /// A vector is not as wide as the site it is for.
  case vectorWidth(source: String, found: Int, site: String, expected: Int)
  /// A layer that the model does not have.
  case layerOutOfRange(layer: Int, layerCount: Int)
  /// A vector without a direction.
  case zeroVector(source: String)
  /// A typed vector that must not be used so.
  case vector(path: String, VectorFault)

  public var kind: FailureKind {
    switch self {
    case .backendUnavailable, .productUnavailable, .residualIdentity: .software
    case .contextTooShort, .vectorWidth, .zeroVector: .badInput
    case .layerOutOfRange: .usage
    case .vector(_, let fault): fault.kind
    }
  }

  public var description: String {
    switch self {
    case .backendUnavailable:
      "oneDNN cannot run on this machine; is it an x86-64 or arm64 CPU with libdnnl installed?"
    case .productUnavailable(let name, let shape):
      "oneDNN cannot multiply with \(name), whose shape is \(shape)."
    case .residualIdentity(let layer, let error):
      "resid_pre + attn_out + mlp_out differs from resid_post at layer \(layer) by \(error) of its RMS, "
        + "but at most \(Decoder.residualIdentityTolerance) is rounding; please report this model."
    case .contextTooShort(let prompt, let tokens, let wanted, let contextLength):
      "\(prompt) has \(tokens) tokens"
        + (wanted > 0 ? " and \(wanted) more were asked for" : "")
        + ", but the model's context is \(contextLength); shorten it."
    case .vectorWidth(let source, let found, let site, let expected):
      "\(source) has \(found) values, but \(site) of this model is \(expected) wide; "
        + "was it made from another model or site?"
    case .layerOutOfRange(let layer, let layerCount):
      "Layer \(layer) was asked for, but the model has layers 0 to \(layerCount - 1)."
    case .zeroVector(let source):
      "\(source) is all zeros and has no direction."
    case .vector(let path, let fault):
      fault.sentence(ByteString(path))
    }
  }
}
