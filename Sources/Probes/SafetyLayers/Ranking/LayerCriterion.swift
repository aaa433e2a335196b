public import Inference

/// Something by which layers are ranked for what they do for refusals.
public enum CriterionKind: String, Codable, Sendable, CaseIterable {
  /// How much better the classes are told apart behind the layer than by the text alone.
  case probeGain = "probe_gain"
  /// How far the vectors of the classes have turned apart behind the layer.
  case angleGap = "angle_gap"
  /// What the layer writes along the refusal direction.
  case attribution = "direct_attribution"
  /// What the layer alone carries of a refusal into an answered prompt.
  case denoise
  /// What is missed of a refusal without the layer.
  case noise
  /// How surely the layer is among those whose scaling changes refusals most.
  case scaling = "scaling_search"
}

/// What one criterion says of every layer.
public struct LayerCriterion: Codable, Sendable, Equatable {
  /// Which it is.
  public let kind: CriterionKind
  /// A figure for every layer, from the first to the last; larger means that the layer does more.
  public let layers: [Estimate]
  /// The layers it points at: what its analysis found, otherwise those around the best one that have half its
  /// figure or more; nil where no figure is surely above zero.
  public let range: LayerRange?

  /// Takes a criterion and the range that its analysis found.
  package init(_ kind: CriterionKind, _ layers: [Estimate], range: LayerRange?) {
    precondition(!layers.isEmpty, "no layer is ranked by \(kind.rawValue)")
    self.kind = kind
    self.layers = layers
    self.range = range
  }

  /// Takes a criterion whose analysis finds no range, and marks the layers around the best one.
  package init(_ kind: CriterionKind, _ layers: [Estimate]) {
    self.init(kind, layers, range: Self.halfMaximum(layers))
  }

  /// How much each layer does.
  var strengths: [Double] { layers.map(\.value) }

  /// Whether it says the same of every layer.
  var isFlat: Bool { layers.allSatisfy { $0.value == layers[0].value } }

  /// The layer of which it says most, the first of equal ones.
  public var best: Int { Self.largest(strengths) }

  /// Where the largest value is, the first of equal ones.
  private static func largest(_ values: [Double]) -> Int {
    values.indices.reduce(0) { values[$1] > values[$0] ? $1 : $0 }
  }

  /// The run of layers around the largest figure that have at least half of it.
  private static func halfMaximum(_ layers: [Estimate]) -> LayerRange? {
    let best = largest(layers.map(\.value))
    guard layers[best].low > 0 else { return nil }
    var (first, last) = (best, best)
    while first > 0, layers[first - 1].value >= layers[best].value / 2 { first -= 1 }
    while last + 1 < layers.count, layers[last + 1].value >= layers[best].value / 2 { last += 1 }
    return LayerRange(first: first, last: last)
  }
}

/// A criterion that nothing is ranked by, and why.
public struct MissingCriterion: Codable, Sendable, Equatable {
  /// Why there are no figures.
  public enum Reason: String, Codable, Sendable {
    /// The analysis was not run, or its result not given.
    case notGiven = "not_given"
    /// The analysis ran, and had too little to go by or found nothing.
    case nothingFound = "nothing_found"
    /// It says the same of every layer.
    case flat
  }

  /// Which it is.
  public let kind: CriterionKind
  /// Why there are no figures.
  public let reason: Reason

  /// Names a criterion and a reason.
  public init(_ kind: CriterionKind, _ reason: Reason) {
    self.kind = kind
    self.reason = reason
  }
}
