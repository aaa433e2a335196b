import Activations
import ArgumentParser
import Foundation
import Probes
import Reports

/// Linear safety probes on an activation store.
struct ProbeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "probe",
    abstract: "Train linear safety probes on a store and rank its layers.",
    usage: "plumb probe STORE.h5 --output DIR [<options>]",
    discussion: """
      Fits a logistic and a mass-mean probe at every site, layer and position, judges them on held-out \
      groups, and ranks the layers by what they add to reading the text alone. Writes result.json, \
      report.md and probes.safetensors to the output folder.
      """)

  @Argument(help: "An activation store written by plumb extract.")
  var store: String
  @Option(help: "The folder for the results.")
  var output: String
  @Option(help: "The column with the labels.")
  var label = "label"
  @Option(help: "The label that counts as 1; by default 1, true or harmful.")
  var positive: String?
  @Option(help: "The column whose groups stay together in a fold (default: group, if there).")
  var group: String?
  @Option(help: "The column with the sources (default: source, if there).")
  var source: String?
  @Option(help: "Use the prompts of this split only.")
  var split: String?
  @Option(help: "Seed of the folds and the bootstrap.")
  var seed: UInt64 = 0
  @OptionGroup var options: RunOptions

  func run() throws {
    let outputs = try ProbeOutputs(folder: output, overwriting: options.overwrite)
    let stored = try StoredProbeDataset(
      ActivationStore(path: store),
      ProbeSelection(label: label, positive: positive, group: group, source: source, split: split))
    let bar = SharedProgress(label: "probe", unit: "cells")
    let fitted = try runProbes(
      stored.dataset, options: ProbeOptions(seed: seed), threads: options.threads,
      progress: { done, total in bar.update(done: done, of: total) })
    Console.endProgress()
    let report = ProbeReport(fitted, origin: stored.origin, toolVersion: Version.current)
    try outputs.write(fitted, report)
    if options.json {
      try Console.output(bytes: report.json())
    } else {
      try Console.output(report.terminalText)
      try Console.output("Wrote \(outputs.report), \(outputs.result) and \(outputs.probes).")
    }
  }
}
