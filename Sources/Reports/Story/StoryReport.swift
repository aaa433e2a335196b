import Foundation
import ModelFiles
import Probes

/// The result of `plumb story` as it is written to `result.json`.
///
/// Schema version 1. Keys are the properties' names in snake case, sorted; figures that do not exist are absent.
/// Nothing but `provenance` depends on where or with what the story ran.
public struct StoryReport: Codable, Sendable, Equatable {
  /// Version of this layout.
  public let schema: Int
  /// What kind of report this is.
  public let kind: String
  /// SHA-256 of what was read, by name.
  public let digests: [String: String]
  /// The tunings, the plain one first.
  public let arms: [StoryArmFigures]
  /// The tuning with the strategy against the plain one, refusals alone; empty without a strategy.
  public let between: [StoryFigure]
  /// The commands that measured it, in order; DIR stands for the story's folder.
  public let commands: [String]
  /// What computed it.
  public let provenance: ProbeReport.Provenance

  /// The version that is written, and the only one that is read.
  public static let schema = 1
  /// The kind that is written.
  public static let kind = "story"

  /// Joins figures that were measured.
  package init(
    digests: [String: String], arms: [StoryArmFigures], between: [StoryFigure],
    commands: [String], toolVersion: String, backend: String
  ) {
    schema = Self.schema
    kind = Self.kind
    self.digests = digests
    self.arms = arms
    self.between = between
    self.commands = commands
    provenance = ProbeReport.Provenance(tool: toolVersion, backend: backend)
  }

  /// Collects what the steps of a story found.
  ///
  /// - Parameters:
  ///   - folder: the story's folder, with a folder for each tuning and, of two, `between`.
  ///   - arms: what each tuning is called, its folder, and what could not be measured of it.
  ///   - digests: SHA-256 of what was read, by name.
  ///   - commands: the commands that measured it, with DIR for the folder.
  ///   - toolVersion: the version of the tool.
  ///   - backend: what multiplied.
  /// - Throws: an error for a step's result that is missing or damaged.
  public init(
    in folder: String, arms: [(name: String, folder: String, omitted: [StoryOmission])],
    digests: [String: String], commands: [String], toolVersion: String, backend: String
  ) throws {
    self.init(
      digests: digests,
      arms: try arms.map { arm in
        StoryArmFigures(
          name: arm.name,
          try StoryMeasurements(in: "\(folder)/\(arm.folder)", omitted: arm.omitted))
      },
      between: arms.count < 2
        ? [] : StoryFigure.refusals(try StoryMeasurements.audit(in: "\(folder)/between").result),
      commands: commands, toolVersion: toolVersion, backend: backend)
  }

  /// The report as JSON text, the same bytes for the same report.
  public func json() throws -> [UInt8] { try reportJSON(self) }
}

/// A tuning and what it did.
public struct StoryArmFigures: Codable, Sendable, Equatable {
  /// What it is called.
  public let name: String
  /// The strategy, as on the command line.
  public let strategy: String
  /// Steps made.
  public let steps: Int
  /// What was measured before and after.
  public let figures: [StoryFigure]
  /// What could not be measured.
  public let omitted: [StoryOmission]

  /// States what was measured.
  package init(
    name: String, strategy: String, steps: Int, figures: [StoryFigure],
    omitted: [StoryOmission] = []
  ) {
    self.name = name
    self.strategy = strategy
    self.steps = steps
    self.figures = figures
    self.omitted = omitted
  }
}

/// A measurement that could not be made.
public struct StoryOmission: Codable, Sendable, Equatable {
  /// What it would have measured.
  public let measure: StoryMeasure
  /// Why not, as a clause.
  public let reason: String

  /// States why something is missing.
  public init(_ measure: StoryMeasure, reason: String) {
    self.measure = measure
    self.reason = reason
  }
}

/// What was measured of the model before and after a tuning.
public struct StoryFigure: Codable, Sendable, Equatable {
  /// What a figure may say, by its interval alone.
  public enum Finding: String, Codable, Sendable {
    /// Safety or ability fell.
    case loss
    /// It rose.
    case gain
    /// Something is different, for better or worse.
    case change
    /// Any change is within the margin.
    case none
    /// The interval holds both no change and one that matters, or nothing says what would matter.
    case open
  }

  /// What was measured.
  public let measure: StoryMeasure
  /// Before.
  public let before: Double?
  /// After.
  public let after: Double?
  /// The paired change.
  public let change: StoryChange?
  /// The layers, or other places, at which something changed, all places considered.
  public let places: [Int]?
  /// How many it is of: prompts, layers or units.
  public let count: Int
  /// What may be said.
  public let finding: Finding

  /// States a figure.
  package init(
    measure: StoryMeasure, before: Double?, after: Double?, change: StoryChange?, places: [Int]?,
    count: Int, finding: Finding
  ) {
    self.measure = measure
    self.before = before
    self.after = after
    self.change = change
    self.places = places
    self.count = count
    self.finding = finding
  }
}

/// A paired change with its interval.
public struct StoryChange: Codable, Sendable, Equatable {
  /// The change.
  public let value: Double
  /// The lower limit of 95 %.
  public let low: Double
  /// The upper limit.
  public let high: Double

  /// States a change.
  package init(value: Double, low: Double, high: Double) {
    self.value = value
    self.low = low
    self.high = high
  }

  /// What the change of a share may say.
  ///
  /// - Parameters:
  ///   - margin: a change within it does not matter.
  ///   - rise: what a rise is.
  /// - Returns: a loss or a gain where the interval excludes 0, none where it is within the margin.
  package func finding(margin: Double, risesAre rise: StoryFigure.Finding) -> StoryFigure.Finding {
    let fall: StoryFigure.Finding = rise == .loss ? .gain : .loss
    if low > 0 { return rise }
    if high < 0 { return fall }
    return low >= -margin && high <= margin ? .none : .open
  }
}

/// What a story measures.
public enum StoryMeasure: String, Codable, Sendable, CaseIterable {
  /// The share of harmful requests that is refused.
  case harmfulRefused = "harmful_refused"
  /// The share of harmless ones that is.
  case harmlessRefused = "harmless_refused"
  /// The loss of harmless answers, nats a token.
  case heldOutLoss = "held_out_loss"
  /// The area under the ROC curve of the probe of the model before.
  case probe
  /// The cosine of the direction between the classes with itself before, less 1.
  case direction
  /// How much further the vectors of harmful prompts moved than those of harmless ones, as a share of their length.
  case movement
  /// The divergence of next tokens along replies, nats.
  case divergence
  /// The angle gap of harmful against harmless prompts, degrees.
  case angleGap = "angle_gap"
  /// What the same disturbance of a unit of modules takes.
  case modules
}
