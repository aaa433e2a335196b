import Activations
import ArgumentParser
import Foundation
import Kernels
import ModelFiles
import Probes
import Reports

/// Linear safety probes on an activation store.
struct ProbeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "probe",
    abstract: "Train linear safety probes on a store, and try to refute what they find.",
    usage: "plumb probe STORE.h5 --output DIR [--model M] [<options>]",
    discussion: """
      Fits logistic, mass-mean and LDA probes at every site, layer and position, judges them on held-out \
      groups, and ranks the layers by what they add to reading the text alone. The report holds what could \
      refute it: text-only baselines, permuted labels, control task, matched pairs, transfer, calibration; with \
      --model also the model's own refusal log-odds, an untrained twin, what the direction does to the \
      model, and, for stores with text, scores token by token. Writes result.json, report.md, report.html and \
      probes.safetensors to the output folder. Labels of several classes are read one against the rest and \
      numbers by ridge regression, into the same files but the last.
      """)

  @Argument(help: "An activation store written by plumb extract or plumb import.")
  var store: String
  @Option(help: "The folder for the results.")
  var output: String
  @Option(
    help: "The model of the store, for the rows that need it: a GGUF file, a folder, or smollm2.")
  var model: String?
  @Option(
    parsing: .upToNextOption, help: "Other stores of the same places, to test transfer on.")
  var transfer: [String] = []
  @OptionGroup var selection: ProbeSelectionOptions
  @Flag(help: "Keep prompts that nearly repeat one of another group.")
  var keepNearDuplicates = false
  @Option(help: "Label permutations behind the null of the best cell.")
  var permutations = 200
  @Option(help: "Seed of folds, permutations and the bootstrap.")
  var seed: UInt64 = 0
  @OptionGroup var options: RunOptions

  func validate() throws {
    guard permutations >= 19 else {
      throw ValidationError(
        "--permutations must be at least 19, or no chance below 0.05 can be seen.")
    }
  }

  func run() throws {
    let outputs = try ProbeOutputs(folder: output, overwriting: options.overwrite)
    let opened = try ActivationStore(path: store)
    let stored = try StoredProbeDataset(opened, selection.selection)
    switch stored.outcome {
    case .binary:
      try run(stored, of: opened, outputs)
    case .classes(let classes, let names):
      try demandTwoClasses(for: stored)
      let run = try runClassProbes(
        stored.dataset, classes: classes, names: names,
        options: ProbeOptions(seed: seed, keepsNearDuplicates: keepNearDuplicates),
        threads: options.threads, progress: progress)
      try write(
        OutcomeReport(run, origin: stored.origin, toolVersion: Version.current), outputs,
        markdown: \.markdown, terminalText: \.terminalText, page: { $0.html(charts: $1) })
    case .numbers(let values):
      try demandTwoClasses(for: stored)
      let run = try runRegressionProbes(
        stored.dataset, values: values,
        options: RegressionOptions(seed: seed, keepsNearDuplicates: keepNearDuplicates),
        threads: options.threads, progress: progress)
      try write(
        OutcomeReport(run, origin: stored.origin, toolVersion: Version.current), outputs,
        markdown: \.markdown, terminalText: \.terminalText, page: { $0.html(charts: $1) })
    }
  }

  private func run(
    _ stored: StoredProbeDataset, of opened: ActivationStore, _ outputs: ProbeOutputs
  ) throws {
    let model = try model.map { try ProbeModel($0, stored, of: opened, seed: seed, options) }
    let companions = ProbeCompanions(
      model: model?.companion,
      transfer: try transfer.map { path in
        try TransferSet(
          name: URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent,
          StoredProbeDataset(ActivationStore(path: path), selection.ofLookalikes),
          comparedWith: stored)
      })
    let fitted = try runProbes(
      stored.dataset,
      options: ProbeOptions(
        seed: seed, permutations: permutations, keepsNearDuplicates: keepNearDuplicates),
      companions: companions, threads: options.threads, progress: progress)
    Console.endProgress()
    let report = ProbeReport(fitted, origin: stored.origin, toolVersion: Version.current)
    try outputs.write(
      fitted, report, tokens: model?.tokens(fitted, stored, of: opened),
      charts: InstalledCharts.find())
    if options.json {
      try Console.output(bytes: report.json())
    } else {
      try Console.output(report.terminalText)
      try Console.output(
        "Wrote \(outputs.page), \(outputs.report), \(outputs.result) and \(outputs.probes).")
    }
  }

  private func write<Analysis>(
    _ report: OutcomeReport<Analysis>, _ outputs: ProbeOutputs,
    markdown: (OutcomeReport<Analysis>) -> String,
    terminalText: (OutcomeReport<Analysis>) -> String,
    page: (OutcomeReport<Analysis>, ChartLibrary?) -> String
  ) throws {
    Console.endProgress()
    let json = try report.json()
    try outputs.write(
      markdown: markdown(report), page: page(report, InstalledCharts.find()), json: json)
    if options.json {
      try Console.output(bytes: json)
    } else {
      try Console.output(terminalText(report))
      try Console.output("Wrote \(outputs.page), \(outputs.report) and \(outputs.result).")
    }
  }

  /// Refuses options whose rows exist for two classes only.
  private func demandTwoClasses(for stored: StoredProbeDataset) throws {
    guard model == nil, transfer.isEmpty else {
      throw CommandError.conflict(
        "--model and --transfer need labels of two classes, and the column "
          + "\(ByteString(stored.origin.labelColumn)) has others; name one label with --positive.")
    }
  }

  private var progress: @Sendable (Int, Int) -> Void {
    let bar = SharedProgress(label: "probe", unit: "cells")
    return { done, total in bar.update(done: done, of: total) }
  }
}
