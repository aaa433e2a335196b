public import Inference

/// How much of a model's inner separation of harmful from harmless prompts rests on each of its modules.
///
/// Module robustness after Du et al., "Towards Secure Tuning", arXiv 2410.04524: a classifier is fitted on what
/// leaves the last block, modules are disturbed, and the classifier, which stays as it is, is asked again.
public struct ModuleMap: Codable, Sendable, Equatable {
  /// How it was made.
  public let options: ModuleOptions
  /// What was done to modules.
  public let disturbance: ModuleDisturbance
  /// How its strength was found; nil where it was given.
  public let calibration: StrengthCalibration?
  /// The model's blocks.
  public let layerCount: Int
  /// Blocks of a unit.
  public let window: Int
  /// The prompts.
  public let sample: StudySample
  /// The security classifier.
  public let classifier: SeparationProbe
  /// How it does on all prompts that it was not fitted on.
  public let heldOut: SeparationFigures
  /// How it does with nothing disturbed, on the judged prompts.
  public let clean: SeparationFigures
  /// How a classifier of the mean over all positions does.
  public let pooled: SeparationFigures
  /// The control; nil where nothing unrelated divides the prompts.
  public let control: ControlProbe?
  /// What each unit's disturbance does, kind by kind from the first block on.
  public let cells: [ModuleCell]
  /// What standard errors were multiplied by for the bands; nil without a control to compare with.
  public let bandFactor: Double?
  /// Spearman's correlation of the losses of security and of the control, over the units.
  public let controlAgreement: Double?
  /// That of the loss of security and of how far vectors moved.
  public let changeAgreement: Double?
  /// Fixes every draw.
  public let seed: UInt64
}

extension ModuleMap {
  /// The cell that holds a module.
  public func cell(_ module: WeightModule, layer: Int) -> ModuleCell? {
    cells.first { $0.unit.module == module && $0.unit.layers.contains(layer) }
  }

  /// Means over some cells.
  public struct Part: Sendable {
    /// What the cells have in common.
    public let name: String
    /// Mean sensitivity.
    public let sensitivity: Double
    /// Mean loss of security.
    public let securityLoss: Double
    /// Mean loss of the control.
    public let controlLoss: Double?
    /// Mean relative change of the vectors that are read.
    public let relativeChange: Double

    init(_ name: String, _ cells: [ModuleCell]) {
      self.name = name
      sensitivity = cells.map(\.sensitivity.mean).mean
      securityLoss = cells.map(\.securityLoss.mean).mean
      let controls = cells.compactMap(\.controlLoss?.mean)
      controlLoss = controls.count == cells.count && !cells.isEmpty ? controls.mean : nil
      relativeChange = cells.map(\.relativeChange).mean
    }
  }

  /// Means of every kind of module.
  public var byModule: [Part] {
    WeightModule.projections.map { module in
      Part(module.rawValue, cells.filter { $0.unit.module == module })
    }
  }

  /// Means of the earlier, the middle and the later third of the blocks.
  public var byDepth: [Part] {
    DepthBand.all(layerCount: layerCount).map { band in
      Part(
        "\(band.name) third, blocks \(band.layers)",
        cells.filter { band.layers.contains(($0.unit.layers.first + $0.unit.layers.last) / 2) })
    }
  }
}

/// A third of a model's depth.
struct DepthBand {
  let name: String
  let layers: LayerRange

  /// Those that have a block.
  static func all(layerCount: Int) -> [DepthBand] {
    ["first", "middle", "last"].enumerated().map { index, name in
      DepthBand(
        name: name,
        layers: LayerRange(
          first: index * layerCount / 3, last: (index + 1) * layerCount / 3 - 1))
    }.filter { !$0.layers.isEmpty }
  }
}
