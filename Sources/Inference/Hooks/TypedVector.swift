/// A vector in a site's space that says what it may be used for.
public struct TypedVector: Sendable, Equatable {
  /// What a vector is for.
  public enum Operation: String, Sendable, CaseIterable {
    /// Its product with an activation, plus a bias, is a score.
    case score
    /// It is added to activations.
    case add
    /// What activations have of its direction is taken away.
    case projectOut = "project_out"
  }

  /// What the vector's length means.
  public enum Unit: String, Sendable, CaseIterable {
    /// The site's own unit: adding the vector moves an activation by as much.
    case activation
    /// Log-odds per unit of the site, as a classifier's weights have; the length is no distance.
    case logOdds = "log_odds_per_activation"
  }

  /// What made the space that a vector lives in; a vector says nothing about any other.
  public struct Space: Sendable, Equatable {
    /// Digest of the model's files.
    public var model: String
    /// The SHA-256 of what adapters add to the model; nil without one.
    public var adapter: String?
    /// Digest of the chat template; nil when prompts were taken raw.
    public var template: String?
    /// Digest of the tokenizer, which no check needs: the model's files decide it.
    public var tokenizer: String

    /// Names what made a space.
    public init(model: String, adapter: String?, template: String?, tokenizer: String) {
      self.model = model
      self.adapter = adapter
      self.template = template
      self.tokenizer = tokenizer
    }
  }

  /// Where the vector was found, and what is refused to do with it.
  public struct Meaning: Sendable, Equatable {
    /// What it is for.
    public var operation: Operation
    /// The site and its 0-based block.
    public var site: HookSite
    /// The position in the prompt where it was found, such as `last`.
    public var position: String
    /// The label that activations get nearer to when the vector is added.
    public var positive: String
    /// The label that they come from.
    public var negative: String
    /// What its length means.
    public var unit: Unit
    /// What it was made of, such as the name of a probe.
    public var source: String

    /// States what a vector means.
    public init(
      operation: Operation, site: HookSite, position: String, positive: String, negative: String,
      unit: Unit, source: String
    ) {
      self.operation = operation
      self.site = site
      self.position = position
      self.positive = positive
      self.negative = negative
      self.unit = unit
      self.source = source
    }
  }

  /// What it means.
  public let meaning: Meaning
  /// Where it lives.
  public let space: Space
  /// The vector, `[width]`, of activations as captured: any standardisation is folded in.
  public let values: [Float]

  /// Joins a vector with what it means.
  public init(_ values: [Float], _ meaning: Meaning, in space: Space) {
    self.values = values
    self.meaning = meaning
    self.space = space
  }
}

extension TypedVector {
  /// Refuses a model, an adapter or a chat template other than the vector's own.
  ///
  /// - Parameters:
  ///   - other: what the vector is about to be used on.
  ///   - path: the vector's file, for messages.
  /// - Throws: `InferenceError.vector` that says what differs.
  public func demand(_ other: Space, path: String) throws(InferenceError) {
    guard space.model == other.model else {
      throw .vector(path: path, .model(found: space.model, wanted: other.model))
    }
    guard space.adapter == other.adapter else {
      throw .vector(path: path, .adapter(found: space.adapter, wanted: other.adapter))
    }
    guard space.template == other.template else {
      throw .vector(path: path, .template(found: space.template, wanted: other.template))
    }
  }

  /// Refuses an operation other than the vector's own.
  public func demand(_ operation: Operation, path: String) throws(InferenceError) {
    guard meaning.operation == operation else {
      throw .vector(path: path, .operation(found: meaning.operation, wanted: operation))
    }
  }

  /// Refuses a kind of site other than the vector's own.
  public func demand(_ kind: SiteKind, path: String) throws(InferenceError) {
    guard meaning.site.kind == kind else {
      throw .vector(path: path, .site(found: meaning.site.kind, wanted: kind))
    }
  }
}
