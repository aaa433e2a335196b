import Activations
import ArgumentParser
import Foundation
import ModelFiles
import Tokenization

/// A store of activations that were captured elsewhere.
struct ImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Make a store of activations captured elsewhere, in safetensors or npz.",
    usage: "plumb import DESCRIPTION.json --output X.h5 [<options>]",
    discussion: """
      The description is JSON; the files it names lie beside it:

        {"model": "org/name", "prompts": "prompts.jsonl", "position": "last",
         "tensors": [{"file": "acts.npz", "tensor": "l14", "site": "resid_post", "layer": 14}]}

      model: any name. prompts: as for plumb extract, in the order of the rows; --prompts takes its place. \
      tensors: [prompt, width], float16, bfloat16, float32 or float64; layer is the block, from 0; position \
      may be given for each, and all sites and layers need the same ones.

      Optional: "tokens": {"file", "ids": [T], "offsets": [prompts + 1], "roles": [T], "tokenizer": "name"}, \
      where ids, offsets and roles (0 template, 1 system, 2 user, 3 assistant, 4 template after the last \
      message) name integer tensors. Without tokens the prompts' words are numbered, and positions are last \
      and mean. "rows": {"file", "tensor"} names an integer tensor [row, 2] of prompt and token position (-1: \
      mean), both from 0 and ascending; tensors are then [row, width], without a position. "model_sha256" and \
      "template_sha256" say that a model and template of plumb's made the values (plumb inspect shows \
      both); without them no model can be scored or steered with what is trained on the store.
      """)

  @Argument(help: "The description, or a folder with description.json.")
  var description: String
  @Option(help: "The HDF5 file to write.")
  var output: String
  @Option(help: "A JSONL or CSV file of the prompts, instead of the description's.")
  var prompts: String?
  @Option(help: "The type of the stored values: f32, f16 or bf16.")
  var store = "f32"
  @Flag(help: "Put the prompts' text into the file.")
  var storeText = false
  @Flag(help: "Replace an output that exists.")
  var overwrite = false
  @Flag(help: "Print the result as JSON to standard output.")
  var json = false

  func run() throws {
    let started = Date()
    Signals.deferStops()
    try ActivationWriter.demandFree(path: output, overwriting: overwrite)
    let described = try ImportDescription(path: description)
    try refuse(
      replacing: described.paths + [prompts].compactMap(\.self),
      by: ActivationWriter.names(path: output))
    let source = try ActivationImport(
      described, prompts: prompts.map { try PromptSet(path: $0) },
      storedType: try choice(store, of: StoredType.self, option: "store"), storesText: storeText,
      toolVersion: Version.current)
    try ActivationWriter.demandRoom(for: source.plan, path: output)
    let writer = try ActivationWriter(source.plan, path: output, overwriting: overwrite)
    try fill(writer, from: source)
    let manifest = try writer.finish(
      RunManifest.Conditions(
        importing: source.sources, started: started, host: ProcessInfo.processInfo.hostName,
        commandLine: CommandLine.arguments))
    try report(manifest, of: source, seconds: Date().timeIntervalSince(started))
  }

  /// Writes all rows; what cannot be imported leaves nothing behind.
  private func fill(_ writer: ActivationWriter, from source: ActivationImport) throws {
    let bar = SharedProgress(label: "import", unit: "rows")
    defer { Console.endProgress() }
    let isComplete: Bool
    do {
      isComplete = try source.fill(
        writer, shouldStop: { Signals.isStopRequested },
        onProgress: { bar.update(done: $0, of: source.rowCount) })
    } catch {
      writer.discard()
      throw error
    }
    guard isComplete else {
      try writer.synchronize()
      throw CommandError.interrupted(output: output)
    }
  }

  private func report(
    _ manifest: RunManifest, of source: ActivationImport, seconds: Double
  ) throws {
    let counts = manifest.counts
    if json {
      return try Console.output(
        json: ImportSummary(
          output: output, prompts: counts.promptCount, rows: counts.rowCount,
          datasets: source.plan.datasets.count, bytes: manifest.fileByteCount,
          sha256: manifest.fileDigest, seconds: seconds))
    }
    let megabytes = Double(manifest.fileByteCount) / 1e6
    let files = source.sources.count - 1
    try Console.output(
      "\(output): \(counts.promptCount) prompts from \(files) \(files == 1 ? "file" : "files"), "
        + "\(counts.rowCount) rows at each site and layer, \(megabytes.rounded(toPlaces: 1)) MB, in "
        + "\(seconds.rounded(toPlaces: 1)) s.")
  }
}

/// What `plumb import --json` prints.
private struct ImportSummary: Encodable {
  let output: String
  let prompts: Int
  let rows: Int
  let datasets: Int
  let bytes: Int
  let sha256: String
  let seconds: Double
}
