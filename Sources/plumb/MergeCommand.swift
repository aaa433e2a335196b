import Activations
import ArgumentParser
import Foundation

/// Makes one store of the shards of a capture.
struct MergeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge",
    abstract: "Make one store of the shards of a capture.",
    usage: "plumb merge a.h5 b.h5 … --output all.h5 [<options>]",
    discussion: """
      The shards may be given in any order. They must be of one capture, whole, and without a gap \
      between their prompts; every byte of them is checked. The result is the very file that one run \
      over the same prompts would have written.
      """)

  @Argument(help: "The stores to merge.")
  var stores: [String]
  @Option(name: [.short, .long], help: "The HDF5 file to write.")
  var output: String
  @Flag(help: "Copy no rows: the file takes them from the stores, which stay where they are.")
  var virtual = false
  @Flag(help: "Pack the rows (shuffle, deflate, checksum).")
  var compress = false
  @Flag(help: "Replace an output that exists.")
  var overwrite = false
  @Flag(help: "Print the result as JSON to standard output.")
  var json = false

  func validate() throws {
    guard !stores.isEmpty else { throw ValidationError("Name the stores to merge.") }
    guard !(virtual && compress) else {
      throw ValidationError("--virtual copies no rows, so that --compress has none to pack.")
    }
  }

  func run() throws {
    let started = Date()
    Signals.deferStops()
    let merge = try StoreMerge(stores)
    let bar = SharedProgress(label: "merge", unit: "bytes")
    let manifest = try merge.write(
      to: output, as: virtual ? .virtual : compress ? .packed : .plain, overwriting: overwrite,
      RunManifest.Conditions(
        merging: started, host: ProcessInfo.processInfo.hostName,
        commandLine: CommandLine.arguments),
      shouldStop: { Signals.isStopRequested }, onProgress: { bar.update(done: $0, of: $1) })
    Console.endProgress()
    guard let manifest else { throw CommandError.interruptedMerge(output: output) }
    try report(manifest, of: merge, seconds: Date().timeIntervalSince(started))
  }

  private func report(_ manifest: RunManifest, of merge: StoreMerge, seconds: Double) throws {
    let counts = manifest.counts
    if json {
      try Console.output(
        json: MergeSummary(
          output: output, stores: merge.count, firstPrompt: merge.prompts.lowerBound,
          prompts: counts.promptCount, rows: counts.rowCount, bytes: manifest.fileByteCount,
          sha256: manifest.fileDigest, seconds: seconds))
      return
    }
    let megabytes = Double(manifest.fileByteCount) / 1e6
    let last = merge.prompts.last.map { " (\(merge.prompts.lowerBound) to \($0))" } ?? ""
    try Console.output(
      "\(output): \(counts.promptCount) prompts\(last) from \(merge.count) "
        + "\(merge.count == 1 ? "file" : "files"), "
        + "\(counts.rowCount) rows at each site and layer, \(megabytes.rounded(toPlaces: 1)) MB, "
        + "in \(seconds.rounded(toPlaces: 1)) s.")
  }
}

/// What `plumb merge --json` prints.
private struct MergeSummary: Encodable {
  let output: String
  let stores: Int
  let firstPrompt: Int
  let prompts: Int
  let rows: Int
  let bytes: Int
  let sha256: String
  let seconds: Double
}
