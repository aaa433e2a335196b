/// What the tensors of a GGUF file say about the model beside its metadata.
struct GGUFTensorFacts {
  /// The sizes of the token embedding, `[vocabulary, d_model]`.
  let embeddingShape: [Int]
  /// The names of all tensors, in GGUF's vocabulary.
  let names: Set<ByteString>
  /// The content of `rope_freqs.weight`.
  let frequencyFactors: [Float]?
}

extension ModelConfiguration {
  /// Decodes the metadata of a GGUF file.
  init(_ metadata: GGUFMetadata, facts: GGUFTensorFacts) throws(ModelFileError) {
    let keys = try GGUFKeys(metadata)
    try keys.refuseUnsupported()
    let dModel = try keys.integer("embedding_length", in: Bounds.width)
    let headCount = try keys.integer("attention.head_count", in: Bounds.heads)
    let keyValueHeadCount = try keys.integer(
      "attention.head_count_kv", in: Bounds.heads, default: headCount)
    let dHead = try keys.headWidth(dModel: dModel, heads: headCount)
    try keys.checking { () throws(ConfigurationFault) in
      try Self.checkHeads(
        (keys.name("attention.head_count"), headCount),
        (keys.name("attention.head_count_kv"), keyValueHeadCount),
        (keys.name("attention.key_length"), dHead))
    }
    let contextLength = try keys.integer("context_length", in: Bounds.context)
    try keys.refuseSlidingWindow(contextLength: contextLength)
    let vocabularySize = try keys.vocabularySize(facts.embeddingShape)
    let epsilonKey = "attention.layer_norm_rms_epsilon"
    let epsilon = try keys.float(epsilonKey)
    let firstBlock = { (part: String) in facts.names.contains(ByteString("blk.0.\(part)")) }
    self.init(
      family: keys.family, vocabularySize: vocabularySize, dModel: dModel,
      layerCount: try keys.integer("block_count", in: Bounds.layers),
      headCount: headCount, keyValueHeadCount: keyValueHeadCount, dHead: dHead,
      dMLP: try keys.integer("feed_forward_length", in: Bounds.mlpWidth),
      contextLength: contextLength,
      normEpsilon: try keys.checking { () throws(ConfigurationFault) in
        try Self.checkedEpsilon(keys.name(epsilonKey), epsilon)
      },
      rotary: try keys.rotary(dHead: dHead, factors: facts.frequencyFactors),
      hasQueryKeyValueBias: firstBlock("attn_q.bias"),
      hasOutputBias: firstBlock("attn_output.bias"), hasMLPBias: firstBlock("ffn_down.bias"),
      hasQueryKeyNorm: keys.family == .qwen3,
      isHeadTied: !facts.names.contains("output.weight"),
      beginningOfSequenceID: try keys.token("bos_token_id", vocabularySize: vocabularySize),
      endOfSequenceIDs: try keys.endOfSequence(vocabularySize: vocabularySize))
  }
}
