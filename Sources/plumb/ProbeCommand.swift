import Activations
import ArgumentParser
import Foundation
import Inference
import Kernels
import ModelFiles
import Probes
import Reports
import Tokenization

/// Linear safety probes on an activation store.
struct ProbeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "probe",
    abstract: "Train linear safety probes on a store, and try to refute what they find.",
    usage: "plumb probe STORE.h5 --output DIR [--model M] [--transfer OTHER.h5 …] [<options>]",
    discussion: """
      Fits logistic, mass-mean and LDA probes at every site, layer and position, judges them on held-out \
      groups, and ranks the layers by what they add to reading the text alone. The report holds what could \
      refute it: text-only baselines, permuted labels, control task, matched pairs, transfer, calibration; with \
      --model also the model's own refusal log-odds, an untrained twin, and what the direction does to the \
      model. Labels of more than two classes are read one against the rest, numbers by ridge regression. \
      Writes result.json, report.md, report.html and probes.safetensors to the output folder.
      """)

  @Argument(help: "An activation store written by plumb extract.")
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
  @Option(help: "Label permutations behind the null of the best cell.")
  var permutations = 200
  @Option(help: "Seed of folds, permutations and the bootstrap.")
  var seed: UInt64 = 0
  @OptionGroup var options: RunOptions

  func validate() throws {
    guard permutations > 0 else { throw ValidationError("--permutations must be at least 1.") }
  }

  func run() throws {
    let outputs = try ProbeOutputs(folder: output, overwriting: options.overwrite)
    let opened = try ActivationStore(path: store)
    let stored = try StoredProbeDataset(opened, selection.selection)
    let companions = ProbeCompanions(
      model: try model.map { try companion($0, stored, of: opened) },
      transfer: try transfer.map { path in
        let other = try StoredProbeDataset(ActivationStore(path: path), selection.selection)
        return try TransferSet(
          name: URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent, other,
          comparedWith: stored)
      })
    let bar = SharedProgress(label: "probe", unit: "cells")
    let fitted = try runProbes(
      stored.dataset, options: ProbeOptions(seed: seed, permutations: permutations),
      companions: companions, threads: options.threads,
      progress: { done, total in bar.update(done: done, of: total) })
    Console.endProgress()
    let report = ProbeReport(fitted, origin: stored.origin, toolVersion: Version.current)
    try outputs.write(fitted, report, charts: InstalledCharts.find())
    if options.json {
      try Console.output(bytes: report.json())
    } else {
      try Console.output(report.terminalText)
      try Console.output(
        "Wrote \(outputs.page), \(outputs.report), \(outputs.result) and \(outputs.probes).")
    }
  }

  private func companion(
    _ name: String, _ stored: StoredProbeDataset, of store: ActivationStore
  ) throws -> ModelCompanion {
    let checkpoint = try ModelOption.open(name)
    let decoder = try Decoder(
      checkpoint, precision: store.identity.precision, threads: options.threads)
    let checks = try ModelChecks(
      stored, of: store, decoder: decoder, modelDigest: checkpoint.digest(),
      threads: options.threads, seed: seed)
    let tokenizer = try Tokenizer(checkpoint.tokenizer)
    return ModelCompanion(
      checks: checks,
      opening: try checks.refusalOpening(
        tokenizer: tokenizer,
        endOfSequence: tokenizer.endOfSequence.union(checkpoint.configuration.endOfSequenceIDs)),
      precision: store.identity.precision)
  }
}
