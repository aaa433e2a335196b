import ArgumentParser
import Foundation
import Inference
import ModelFiles
import Probes
import Reports

/// The folder of a story, in which every step is a command with a folder of its own.
final class StoryFolder {
  /// The commands that made it, as they may be typed, with DIR for the folder.
  private(set) var commands: [String] = []
  /// What could not be measured, by the tuning's folder.
  private(set) var omitted: [String: [StoryOmission]] = [:]
  private var measurements: [(name: String, folder: String)] = []
  private let plan: StoryPlan
  private let path: String
  private let outputs: ProbeOutputs
  private let stepCount: Int
  private let isOverwriting: Bool

  /// The file that says what the folder is of.
  private static let planName = "plan.json"
  private static let between = "between"

  /// Makes the folder, or goes on with one of the same plan.
  ///
  /// - Throws: `CommandError.otherStep` for a folder of another story.
  init(_ plan: StoryPlan, isOverwriting: Bool) throws {
    self.plan = plan
    self.isOverwriting = isOverwriting
    path = plan.command.output
    stepCount = plan.arms.count * StoryStep.allCases.count + (plan.arms.count == 2 ? 1 : 0)
    let (identity, file) = (try plan.identity(), "\(path)/\(Self.planName)")
    outputs = try ProbeOutputs(folder: path, overwriting: true)
    let earlier = FileManager.default.contents(atPath: file)
    if isOverwriting, earlier != nil {
      for folder in plan.arms.map(\.folder) + [Self.between]
      where FileManager.default.fileExists(atPath: "\(path)/\(folder)") {
        try FileManager.default.removeItem(atPath: "\(path)/\(folder)")
      }
    } else if let earlier {
      guard Array(earlier) == identity else { throw CommandError.otherStep(folder: path) }
      return
    } else if FileManager.default.fileExists(atPath: "\(path)/result.json") {
      throw CommandError.otherStep(folder: path)
    }
    try outputs.makeFolder()
    try AtomicFile.write(identity, to: file, overwriting: true)
  }

  /// Does a step of a tuning, unless it was done before.
  func run(_ step: StoryStep, of arm: StoryArm) throws {
    let layers = step == .audit ? try safetyLayers(of: arm) : nil
    do {
      try run(
        step.arguments(for: arm, plan, safetyLayers: layers),
        folder: "\(arm.folder)/\(step.rawValue)", "\(step.rawValue) of \(arm.name)",
        resuming: step == .tune)
    } catch let error as ModuleStudyError {
      // What the prompts are too few or too alike for is left out; the other measurements stand.
      Console.message("not run: \(error)")
      omitted[arm.folder, default: []].append(StoryOmission(.modules, reason: "\(error)"))
    }
  }

  /// Audits the strategy against plain tuning.
  func compareArms() throws {
    let models = plan.arms.map { $0.tuned(plan.command.choices.model ?? "", in: path) }
    try run(
      plan.audit(before: models[0], after: models[1]) + ["--no-baseline"], folder: Self.between,
      "audit of \(plan.arms[1].name) against \(plan.arms[0].name)")
  }

  /// Writes what the story came to; the result comes last.
  func write(_ report: StoryReport) throws {
    try outputs.write(
      markdown: report.markdown,
      page: report.html(measurements: measurements, charts: InstalledCharts.find()),
      json: report.json())
  }

  private func safetyLayers(of arm: StoryArm) throws -> LayerRange? {
    let folder = "\(path)/\(arm.folder)/\(StoryStep.gap.rawValue)"
    return try LayersReport<LayerGap>(in: folder)?.result.control?.finding.range
  }

  private func run(
    _ arguments: [String], folder name: String, _ label: String, resuming: Bool = false
  ) throws {
    let folder = "\(path)/\(name)"
    let whole = arguments + ["--output", folder]
    commands.append(
      (["plumb"] + whole).map { $0.naming(path, "DIR").quotedForShell }
        .joined(separator: " "))
    let place = "\(label) (\(commands.count) of \(stepCount))"
    if FileManager.default.fileExists(atPath: "\(folder)/result.json") {
      measurements.append((label, folder))
      return Console.message("\(place): finished before")
    }
    if Signals.isStopRequested { throw CommandError.interruptedSearch(output: path) }
    Console.message(place)
    let isBegun = resuming && FileManager.default.fileExists(atPath: folder)
    let words =
      (isBegun ? [arguments[0], "--resume", "--output", folder] : whole)
      + ["--threads", "\(plan.command.options.threads)"]
    var command = try Plumb.parseAsRoot(words)
    try Console.$isSilent.withValue(true) { try command.run() }
    measurements.append((label, folder))
  }
}

extension String {
  /// The word with another name for a folder, alone or behind the `+` of a model.
  fileprivate func naming(_ folder: String, _ name: String) -> String {
    split(separator: "+", omittingEmptySubsequences: false).map {
      $0.hasPrefix("\(folder)/") ? name + $0.dropFirst(folder.count) : String($0)
    }.joined(separator: "+")
  }

  /// The word as a shell takes it.
  fileprivate var quotedForShell: String {
    let isPlain =
      !isEmpty
      && unicodeScalars.allSatisfy {
        $0.isASCII && ($0.properties.isAlphabetic || $0.properties.numericType != nil)
          || "-_./+@:,=".unicodeScalars.contains($0)
      }
    return isPlain ? self : "'\(replacing("'", with: "'\\''"))'"
  }
}
