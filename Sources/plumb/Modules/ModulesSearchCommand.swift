import ArgumentParser
import Foundation
import Inference
import ModelFiles
import Probes
import Reports
import Tokenization

/// Which modules can be disturbed together with little loss.
struct ModulesSearchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "search",
    abstract: "Find the modules that can be disturbed together with little loss.",
    usage: "plumb modules search --model M --prompts PAIRS --output DIR [<options>]",
    discussion: """
      Grows each kind of module from the last block upwards as long as enough harmful prompts are still told, \
      joins the kinds, and asks again with fresh draws. What is found is written to DIR/modules.json, which \
      `plumb tune --strategy ml-lr|swat --modules` reads.
      """)

  /// The name of the file with the modules.
  static let fileName = "modules.json"

  @OptionGroup var layers: LayersOptions
  @OptionGroup var disturbance: DisturbanceOptions
  @Option(
    help: "The least share of harmful prompts still told, of those told with nothing disturbed.")
  var keep = 0.95
  @Option(
    help: "For --disturbance delta: the tuning of the model whose weights modules are moved to.")
  var toward: String?

  func validate() throws {
    guard keep > 0, keep <= 1 else { throw ValidationError("--keep must be above 0, at most 1.") }
  }

  func run() throws {
    Signals.deferStops()
    let options = try disturbance.options(units: .single)
    let input = try LayersInput(layers)
    let path = (layers.output as NSString).appendingPathComponent(Self.fileName)
    if !layers.run.overwrite, FileManager.default.fileExists(atPath: path) {
      throw ModelFileError.outputExists(path: path)
    }
    let parts = try input.separationParts()
    let tuned = try input.towards(toward, options.kind)
    let log = try input.readingLog("search", options, other: tuned)
    let found = try input.readingModules("search") { onReading in
      try input.checks.robustModules(
        of: input.model, toward: tuned, parts: parts, tokenizer: input.encoder.tokenizer,
        keeping: keep, options, log: log, onReading: onReading)
    }
    // Overwritten results leave no set behind that is not theirs.
    try? FileManager.default.removeItem(atPath: path)
    if found.set.count > 0 {
      try found.set.write(
        to: path, model: input.origin.modelDigest, overwriting: layers.run.overwrite)
    }
    try input.write(input.report(found.result), printsJSON: layers.run.json)
    if found.set.count > 0, !layers.run.json { try Console.output("The set is in \(path).") }
  }
}
