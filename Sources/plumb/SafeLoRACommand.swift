import ArgumentParser
import Inference
import ModelFiles
import Tuning

/// Takes out of an adapter what leads away from alignment.
struct SafeLoRACommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "safe-lora",
    abstract: "Project an adapter's updates onto what alignment changed.",
    usage: """
      plumb safe-lora --base BASE --aligned ALIGNED --adapter A --output FOLDER
      """,
    discussion: """
      For each module of the adapter, V is what alignment changed: the weight in ALIGNED minus that in BASE, \
      which has to be the very checkpoint that was aligned; there is no substitute for it. An update whose \
      cosine with its projection is at most the threshold, or the given number of updates with the smallest \
      cosines, are replaced by their projections. All are scored before any is edited.

      --projection raw is the published V Vᵀ / |V|, which also shrinks an update; projector keeps the \
      directions of V that hold 90 % of its energy and is a true projector, for the price of a \
      decomposition of each module. --keep-norm gives an edited update its norm back.
      """)

  @Option(help: "The model before alignment.")
  var base: String
  @Option(help: "The same model after alignment.")
  var aligned: String
  @Option(help: "The folder of the adapter to edit.")
  var adapter: String
  @Option(help: "The folder to write the edited adapter to; it may not be there yet.")
  var output: String
  @Option(help: "Edit the modules whose cosine is at most this (default: 0.5).")
  var threshold: Double?
  @Option(help: "Edit this many modules, those with the smallest cosines.")
  var number: Int?
  @Option(help: "How updates are projected: raw or projector.")
  var projection = "raw"
  @Flag(help: "Let edited updates keep their norms.")
  var keepNorm = false
  @OptionGroup var threading: ThreadOption
  @Flag(help: "Print every module's score as JSON to standard output.")
  var json = false

  func validate() throws {
    guard threshold == nil || number == nil else {
      throw ValidationError("Give either --threshold or --number.")
    }
    if let threshold, !(-1...1).contains(threshold) {
      throw ValidationError("--threshold must be from -1 to 1, not \(threshold).")
    }
    if let number, number < 0 {
      throw ValidationError("--number must not be negative.")
    }
  }

  func run() throws {
    let method = SafeLoRA(
      number.map { .number($0) } ?? .threshold(threshold ?? SafeLoRA.standardThreshold),
      projection: try choice(projection, of: AlignmentProjection.self, option: "projection"),
      keepsNorm: keepNorm)
    try AtomicFolder.demandFree(output)
    let original = try AdapterFile(path: adapter).adapter()
    let bar = SharedProgress(label: "compare", unit: "modules")
    let outcome = try method.edit(
      original, base: try ModelOption.open(base), aligned: try ModelOption.open(aligned),
      threads: threading.threads, onProgress: { bar.update(done: $0, of: $1) })
    Console.endProgress()
    for note in outcome.notes { Console.message("plumb: Note: \(note).") }
    let edited = outcome.scores.count { $0.isEdited }
    try outcome.adapter.write(
      to: output,
      origin: "Made by `plumb safe-lora` of another adapter: \(edited) modules were projected "
        + "(\(projection)\(keepNorm ? ", norms kept" : "")).")
    if json {
      return try Console.output(
        json: SafeLoRASummary(
          output: output, projection: projection, keepsNorm: keepNorm, edited: edited,
          modules: outcome.scores))
    }
    for score in outcome.scores { try Console.output(score.line) }
    try Console.output(
      "Wrote \(ByteString(output)): \(edited) of \(outcome.scores.count) modules edited.")
  }
}

extension SafeLoRA.ModuleScore {
  /// The score for people.
  fileprivate var line: String {
    guard let cosine, let ratio else { return "\(module)  nothing to compare" }
    let kept = dimension.map { ", \($0) directions" } ?? ""
    return
      "\(module)  cosine \(cosine.rounded(toPlaces: 4))  ratio \(ratio.rounded(toPlaces: 4))\(kept)"
      + (isEdited ? "  edited" : "")
  }
}

/// What `plumb safe-lora --json` prints.
private struct SafeLoRASummary: Encodable {
  let output: String
  let projection: String
  let keepsNorm: Bool
  let edited: Int
  let modules: [SafeLoRA.ModuleScore]
}
