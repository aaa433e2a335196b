/// What a checkpoint says about the shape of its model, decoded once into closed choices.
public struct ModelConfiguration: Sendable, Equatable {
  /// The families of decoders that are supported.
  public enum Family: String, Sendable, CaseIterable {
    case llama
    case mistral
    case qwen2
    case qwen3
  }

  /// The nonlinearity of the MLP's gate.
  public enum Nonlinearity: Sendable, Equatable {
    /// `x × sigmoid(x)`.
    case silu
  }

  /// The family of the decoder.
  public var family: Family
  /// The number of rows of the token embedding.
  public var vocabularySize: Int
  /// The width of the residual stream.
  public var dModel: Int
  /// The number of blocks.
  public var layerCount: Int
  /// The number of query heads.
  public var headCount: Int
  /// The number of key and value heads, a divisor of ``headCount``.
  public var keyValueHeadCount: Int
  /// The width of a head; even.
  public var dHead: Int
  /// The width between the MLP's projections.
  public var dMLP: Int
  /// The longest sequence the model was made for, in tokens.
  public var contextLength: Int
  /// What is added to the mean square before its root is taken.
  public var normEpsilon: Float
  /// Rotary position embedding.
  public var rotary: RotaryConfiguration
  /// Whether `q_proj`, `k_proj` and `v_proj` have biases.
  public var hasQueryKeyValueBias: Bool
  /// Whether `o_proj` has a bias.
  public var hasOutputBias: Bool
  /// Whether the projections of the MLP have biases.
  public var hasMLPBias: Bool
  /// Whether queries and keys are normalised per head before rotary embedding.
  public var hasQueryKeyNorm: Bool
  /// How many positions a query sees, itself included; nil when it sees all before it.
  public var slidingWindow: Int?
  /// Whether the output head is the token embedding.
  public var isHeadTied: Bool
  /// The token that starts a text, if the model has one.
  public var beginningOfSequenceID: Int32?
  /// The tokens that end a generation, ascending.
  public var endOfSequenceIDs: [Int32]
  /// The nonlinearity of the MLP's gate.
  public var nonlinearity: Nonlinearity

  /// Sets every field.
  public init(
    family: Family, vocabularySize: Int, dModel: Int, layerCount: Int, headCount: Int,
    keyValueHeadCount: Int, dHead: Int, dMLP: Int, contextLength: Int, normEpsilon: Float,
    rotary: RotaryConfiguration, hasQueryKeyValueBias: Bool = false, hasOutputBias: Bool = false,
    hasMLPBias: Bool = false, hasQueryKeyNorm: Bool = false, slidingWindow: Int? = nil,
    isHeadTied: Bool = false, beginningOfSequenceID: Int32? = nil,
    endOfSequenceIDs: [Int32] = [], nonlinearity: Nonlinearity = .silu
  ) {
    self.family = family
    self.vocabularySize = vocabularySize
    self.dModel = dModel
    self.layerCount = layerCount
    self.headCount = headCount
    self.keyValueHeadCount = keyValueHeadCount
    self.dHead = dHead
    self.dMLP = dMLP
    self.contextLength = contextLength
    self.normEpsilon = normEpsilon
    self.rotary = rotary
    self.hasQueryKeyValueBias = hasQueryKeyValueBias
    self.hasOutputBias = hasOutputBias
    self.hasMLPBias = hasMLPBias
    self.hasQueryKeyNorm = hasQueryKeyNorm
    self.slidingWindow = slidingWindow
    self.isHeadTied = isHeadTied
    self.beginningOfSequenceID = beginningOfSequenceID
    self.endOfSequenceIDs = endOfSequenceIDs
    self.nonlinearity = nonlinearity
  }
}

extension ModelConfiguration {
  /// The sizes a configuration may have; anything beyond them is a broken file.
  enum Bounds {
    static let layers = 1...1_024
    static let width = 1...1 << 20
    static let heads = 1...1_024
    static let headWidth = 2...1 << 16
    static let mlpWidth = 1...1 << 24
    static let context = 1...1 << 24
    static let vocabulary = 1...1 << 22
  }

  /// Demands that heads divide as attention needs them to.
  static func checkHeads(
    _ heads: (key: String, value: Int), _ keyValueHeads: (key: String, value: Int),
    _ headWidth: (key: String, value: Int)
  ) throws(ConfigurationFault) {
    guard heads.value % keyValueHeads.value == 0 else {
      throw .indivisible(
        key: heads.key, value: heads.value, by: keyValueHeads.key, divisor: keyValueHeads.value)
    }
    guard headWidth.value % 2 == 0 else {
      throw .outOfRange(key: headWidth.key, found: "\(headWidth.value)", expected: "even")
    }
  }

  /// A norm epsilon as Float, which has to stay between 0 and 1.
  static func checkedEpsilon(_ key: String, _ value: Double) throws(ConfigurationFault) -> Float {
    let epsilon = Float(value)
    guard epsilon > 0, epsilon < 1 else {
      throw .outOfRange(key: key, found: "\(value)", expected: "between 0 and 1")
    }
    return epsilon
  }

  /// A number that has to be positive and finite.
  static func checkedPositive(_ key: String, _ value: Double) throws(ConfigurationFault) -> Double {
    guard value.isFinite, value > 0 else {
      throw .outOfRange(key: key, found: "\(value)", expected: "positive and finite")
    }
    return value
  }
}
