/// A tensor that a model needs, with the shape its configuration implies.
public struct TensorRequirement: Sendable, Equatable {
  /// The name in HuggingFace's vocabulary.
  public let name: String
  /// The sizes in PyTorch's order.
  public let shape: [Int]
  /// Where the shape comes from, such as `num_attention_heads × head_dim = 9 × 64`.
  public let because: String
  /// Whether the model can do without it.
  public let isOptional: Bool

  /// States a requirement.
  public init(name: String, shape: [Int], because: String, isOptional: Bool = false) {
    self.name = name
    self.shape = shape
    self.because = because
    self.isOptional = isOptional
  }
}

/// Everything about a checkpoint's tensors that does not fit what a model needs.
public struct TensorMismatches: Sendable, Equatable {
  /// A tensor with another shape than the configuration implies.
  public struct Misshapen: Sendable, Equatable {
    /// The tensor's name.
    public let name: String
    /// The name of the file that holds it.
    public let file: String
    /// The shape it has.
    public let found: [Int]
    /// The shape it should have.
    public let expected: [Int]
    /// Where the expected shape comes from.
    public let because: String
  }

  /// A tensor whose numbers are written in a type that is not read.
  public struct Unreadable: Sendable, Equatable {
    /// The tensor's name.
    public let name: String
    /// The name of the type.
    public let type: String
  }

  /// The tensors that are needed and not there.
  public internal(set) var missing: [String] = []
  /// The tensors that are there and have no use.
  public internal(set) var unused: [String] = []
  /// The tensors with the wrong shape.
  public internal(set) var misshapen: [Misshapen] = []
  /// The tensors of types that are not read.
  public internal(set) var unreadable: [Unreadable] = []

  var isEmpty: Bool {
    missing.isEmpty && unused.isEmpty && misshapen.isEmpty && unreadable.isEmpty
  }
}
