public import Inference
public import Kernels
public import ModelFiles
public import Tokenization

/// What a user wants captured.
public struct ExtractionRequest: Sendable {
  /// The kinds of sites, each once.
  public var sites: [SiteKind]
  /// The layers of the sites that are per layer, ascending.
  public var layers: [Int]
  /// The positions, each once.
  public var positions: [PositionSelector]
  /// The precision of products with weights.
  public var precision: Precision
  /// The type of the stored values.
  public var storedType: StoredType
  /// Whether the prompts' text goes into the store.
  public var storesText: Bool

  /// States a request.
  public init(
    sites: [SiteKind], layers: [Int], positions: [PositionSelector], precision: Precision = .f32,
    storedType: StoredType = .f32, storesText: Bool = false
  ) {
    self.sites = sites
    self.layers = layers
    self.positions = positions
    self.precision = precision
    self.storedType = storedType
    self.storesText = storesText
  }
}

/// An extraction before anything is computed: every prompt tokenized, every row with its place.
public struct ExtractionPlan: Sendable {
  /// The tokenized prompts of the shard.
  public let prompts: [TokenizedPrompt]
  /// What goes where in the store.
  public let store: StorePlan

  /// Tokenizes prompts and places the rows of a shard of them.
  ///
  /// - Parameters:
  ///   - request: what is wanted.
  ///   - set: the prompts of all shards.
  ///   - checkpoint: the model.
  ///   - adapterDigest: the digest of what adapters add to it; nil without one.
  ///   - encoder: its tokenizer and template.
  ///   - toolVersion: for the store's provenance.
  ///   - shard: which part to plan, one that has prompts.
  /// - Throws: `TokenizationError` for a prompt that cannot be rendered or lacks a position,
  ///   `InferenceError.contextTooShort`, `ActivationStoreError` for columns that cannot be stored.
  public init(
    _ request: ExtractionRequest, prompts set: PromptSet, checkpoint: Checkpoint,
    adapterDigest: String? = nil, encoder: PromptEncoder, toolVersion: String,
    shard: Shard = Shard(0, of: 1)
  ) throws {
    let description = DecoderDescription(checkpoint.configuration)
    // All of them, since it takes every prompt's tokens to know which are the shard's.
    let whole = try set.prompts.map { prompt in
      let tokens = try naming(prompt, of: set) { try encoder.encode(prompt.messages) }
      guard tokens.ids.count <= description.contextLength else {
        throw InferenceError.contextTooShort(
          prompt: set.place(of: prompt), tokens: tokens.ids.count, wanted: 0,
          contextLength: description.contextLength)
      }
      return tokens
    }
    let range = shard.prompts(tokenCounts: whole.map(\.ids.count))
    prompts = Array(whole[range])
    store = try StorePlan(
      identity: StoreIdentity(
        modelDigest: checkpoint.digest(), adapterDigest: adapterDigest,
        tokenizerDigest: encoder.tokenizer.digest,
        templateDigest: encoder.options.isRaw ? nil : encoder.template?.digest,
        promptsDigest: set.digest,
        systemText: encoder.options.system,
        specialTokens: encoder.options.parsesSpecialTokens ? .parsed : .literal,
        isRaw: encoder.options.isRaw,
        addsGenerationPrompt: encoder.options.addsGenerationPrompt,
        sites: request.sites.map(\.rawValue).sorted(),
        positions: request.positions.map(\.description).sorted(),
        layers: request.sites.contains(where: \.isPerLayer) ? request.layers : [],
        precision: request.precision, storedType: request.storedType, storesText: request.storesText
      ),
      provenance: StoreProvenance(
        toolVersion: toolVersion, backend: MatrixEngine.backend,
        backendVersion: MatrixEngine.backendVersion, instructionSet: MatrixEngine.instructionSet),
      shard: range,
      prompts: PromptTable(set, tokenized: whole[range], storesText: request.storesText),
      tokens: TokenTable(prompts),
      rows: try RowTable(whole[range], set, positions: request.positions),
      datasets: request.sites.flatMap { kind in
        let width = kind.width(in: description) ?? 0
        return kind.isPerLayer
          ? request.layers.map { ActivationDataset(site: kind.rawValue, layer: $0, width: width) }
          : [ActivationDataset(site: kind.rawValue, layer: nil, width: width)]
      })
  }
}

extension PromptTable {
  /// The columns that any prompt of a set has, for a run of its prompts.
  init(_ set: PromptSet, tokenized: ArraySlice<TokenizedPrompt>, storesText: Bool) {
    let fields: [(name: String, value: KeyPath<Prompt, String?>)] = [
      ("label", \.label), ("group", \.group), ("pair", \.pair), ("source", \.source),
      ("split", \.split), ("response", \.response),
    ]
    var columns = [PromptColumn(name: "id", values: set.prompts.map(\.id))]
    for field in fields where set.prompts.contains(where: { $0[keyPath: field.value] != nil }) {
      columns.append(
        PromptColumn(name: field.name, values: set.prompts.map { $0[keyPath: field.value] ?? "" }))
    }
    var extra: [String: [String]] = [:]
    var extraNames: [String] = []
    for (index, prompt) in set.prompts.enumerated() {
      for column in prompt.extra {
        if extra[column.name] == nil {
          extraNames.append(column.name)
          extra[column.name] = Array(repeating: "", count: set.prompts.count)
        }
        extra[column.name]?[index] = column.value
      }
    }
    columns += extraNames.map { PromptColumn(name: $0, values: extra[$0] ?? []) }
    self.init(
      columns: columns.map {
        PromptColumn(name: $0.name, values: Array($0.values[tokenized.indices]))
      },
      textDigests: tokenized.map(\.textDigest),
      texts: storesText ? tokenized.map { String(decoding: $0.text, as: UTF8.self) } : nil)
  }
}

extension TokenTable {
  /// The tokens of all prompts, one prompt after another.
  init(_ prompts: [TokenizedPrompt]) {
    var offsets = [0]
    for prompt in prompts { offsets.append(offsets[offsets.count - 1] + prompt.ids.count) }
    self.init(
      offsets: offsets, ids: prompts.flatMap(\.ids),
      roles: prompts.flatMap { $0.roles.map(\.rawValue) })
  }
}

extension RowTable {
  /// A row for each position asked for, each position once; pooled rows come first.
  ///
  /// - Parameters:
  ///   - tokenized: a run of the set's prompts.
  ///   - set: all prompts.
  ///   - positions: what is wanted of each.
  /// - Throws: an error that names a prompt without such a position.
  init(
    _ tokenized: ArraySlice<TokenizedPrompt>, _ set: PromptSet, positions: [PositionSelector]
  ) throws {
    var prompts: [Int32] = []
    var places: [Int32] = []
    var roles: [UInt8] = []
    for (index, prompt) in zip(tokenized.indices, tokenized) {
      var wanted: Set<Int> = []
      for selector in positions {
        // A pooled row has position -1 and comes before the others.
        wanted.formUnion(
          selector.isPooled
            ? [-1] : try naming(set.prompts[index], of: set) { try selector.positions(in: prompt) })
      }
      for position in wanted.sorted() {
        prompts.append(Int32(index - tokenized.startIndex))
        places.append(Int32(position))
        roles.append(position < 0 ? 0 : prompt.roles[position].rawValue)
      }
    }
    self.init(prompts: prompts, positions: places, roles: roles)
  }
}

/// Runs a step for one prompt and says which one it was where the step fails.
package func naming<Value>(
  _ prompt: Prompt, of set: PromptSet, _ step: () throws -> Value
) throws -> Value {
  do {
    return try step()
  } catch let failure as any Failure {
    throw PromptFailure(place: set.place(of: prompt), cause: failure)
  }
}

/// What went wrong with one prompt of a file.
public struct PromptFailure: Failure {
  /// The file and line of the prompt.
  public let place: String
  /// What went wrong.
  public let cause: any Failure

  public var kind: FailureKind { cause.kind }
  public var description: String { "\(place): \(cause.description)" }
}

extension PromptSet {
  /// The file and line of a prompt, for messages.
  fileprivate func place(of prompt: Prompt) -> String {
    "\(ByteString(path)), line \(prompt.line)"
  }
}
