import ArgumentParser
import Inference
import ModelFiles
import Tuning

/// Makes a model between one and what tuning made of it.
struct BlendCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "blend",
    abstract: "Make a model between one before tuning and one after.",
    usage: """
      plumb blend --before M --after M --weight W --output FOLDER [<options>]
      plumb blend --adapter ADAPTER --weights FILE --output FOLDER [<options>]
      """,
    discussion: """
      Each weight becomes before + W × (after - before), in float32 and rounded once; embeddings and norms \
      are blended as well. At the weights 0 and 1 it is that of the one model to the bit. Of an adapter \
      the update is scaled, exactly, by its alpha, and the output is an adapter.

      A file gives some modules weights of their own: \
      {"weight": 0.5, "modules": [{"module": "q_proj", "layer": 3, "weight": 1}]}; a module without a layer \
      is meant in all.
      """)

  @Option(help: "The model before tuning; M+ADAPTER works here and below.")
  var before: String?
  @Option(help: "The model after tuning.")
  var after: String?
  @Option(help: "An adapter's folder, in place of two models.")
  var adapter: String?
  @Option(help: "How much of the tuned model to take, from 0 to 1.")
  var weight: Double?
  @Option(help: "A JSON file with a weight for each module.")
  var weights: String?
  @OptionGroup var writing: FolderOptions
  @Flag(help: "Print the result as JSON to standard output.")
  var json = false

  func validate() throws {
    guard adapter == nil ? before != nil && after != nil : before == nil && after == nil else {
      throw ValidationError("Give either --before and --after, or --adapter.")
    }
    guard (weight == nil) != (weights == nil) else {
      throw ValidationError("Give either --weight W or --weights FILE.")
    }
    if let weight, !(0...1).contains(weight) {
      throw ValidationError("--weight must be from 0 to 1, not \(weight).")
    }
    guard adapter == nil || writing.dtype == nil else {
      throw ValidationError("--dtype is for models; an adapter's factors stay as they are.")
    }
  }

  func run() throws {
    if let adapter { return try blend(adapter: adapter) }
    let tuned = try ModelOption.open(after ?? "")
    let blend = try ModelBlend(
      before: try ModelOption.open(before ?? ""), after: tuned,
      weights: try blendWeights(layerCount: tuned.checkpoint.configuration.layerCount))
    try writing.write(
      try blend.export(
        elementType: try writing.elementType, shardByteLimit: try writing.shardByteLimit),
      json: json)
  }

  private func blend(adapter path: String) throws {
    let original = try AdapterFile(path: path).adapter()
    let last = original.modules.compactMap(\.path.layerOfModulePath).max() ?? 0
    let blended = original.blended(try blendWeights(layerCount: last + 1))
    let text = weight.map { "\($0)" } ?? "weights of a file"
    try blended.write(
      to: writing.output, origin: "Made by `plumb blend` of another adapter, at \(text).")
    if json {
      return try Console.output(
        json: BlendSummary(
          output: writing.output, modules: blended.modules.count, sha256: blended.digest()))
    }
    try Console.output(
      "Wrote \(ByteString(writing.output)): the adapter's \(blended.modules.count) modules at \(text)."
    )
  }

  private func blendWeights(layerCount: Int) throws -> BlendWeights {
    if let weights { return try BlendWeights(path: weights, layerCount: layerCount) }
    return BlendWeights(weight ?? 1)
  }
}

/// What `plumb blend --adapter --json` prints.
private struct BlendSummary: Encodable {
  let output: String
  let modules: Int
  let sha256: String
}
