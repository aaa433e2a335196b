import Activations
import ArgumentParser
import Foundation
import Inference
import Kernels
import ModelFiles
import Tokenization

/// Describes a model or an activation store.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Describe a model, an adapter's folder or an activation store (.h5).",
    usage: """
      plumb inspect PATH [--tensors] [--json]
      plumb inspect ADAPTER [--model M] [--json]
      plumb inspect --compare A.h5 B.h5 [--json]
      """,
    discussion: comparisonHelp)

  @Argument(help: "A model, an adapter's folder or a store.")
  var path: String
  @Argument(help: "The store to compare it with.")
  var other: String?
  @Flag(help: "Say how far two captures of the same prompts are apart.")
  var compare = false
  @Flag(help: "List every tensor of a model.")
  var tensors = false
  @Option(help: "The model to measure an adapter's update against.")
  var model: String?
  @Flag(help: "Print JSON.")
  var json = false
  @OptionGroup var threading: ThreadOption

  func run() throws {
    if let other { return try printComparison(of: path, with: other) }
    if AdapterFile.isAdapter(path) { return try printAdapter() }
    let facts = isStore ? try storeFacts() : try modelFacts()
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      let object = Dictionary(uniqueKeysWithValues: facts.map { ($0.name, $0.value) })
      try Console.output(bytes: Array(encoder.encode(object)) + [UInt8(ascii: "\n")])
    } else {
      let width = facts.map(\.name.count).max() ?? 0
      for fact in facts {
        let padding = String(repeating: " ", count: width - fact.name.count)
        try Console.output("\(fact.name)\(padding)  \(fact.value)")
      }
    }
  }

  private struct Fact {
    let name: String
    let value: String

    init(_ name: String, _ value: some CustomStringConvertible) {
      self.name = name
      self.value = ByteString(value.description).description
    }
  }

  /// Whether the path is meant as a store: by its bytes, or by its name where they cannot tell.
  private var isStore: Bool {
    let head = try? FileHandle(forReadingFrom: URL(fileURLWithPath: path)).read(upToCount: 8)
    return head.map { Array($0) } == [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]
      || path.hasSuffix(".h5") || path.hasSuffix(".h5.part")
  }

  private func modelFacts() throws -> [Fact] {
    let model = try ModelOption.open(path)
    let checkpoint = model.checkpoint
    let shape = checkpoint.configuration
    let parameters = checkpoint.tensors.values.reduce(0) { $0 + $1.elementCount }
    let types = Dictionary(grouping: checkpoint.tensors.values, by: \.elementType.name)
    var facts = [
      Fact("path", checkpoint.path),
      Fact("format", checkpoint.format.rawValue),
      Fact("sha256", checkpoint.digest()),
      Fact("family", shape.family.rawValue),
      Fact("layers", shape.layerCount),
      Fact("d_model", shape.dModel),
      Fact(
        "heads", "\(shape.headCount) of \(shape.dHead), keys and values \(shape.keyValueHeadCount)"),
      Fact("d_mlp", shape.dMLP),
      Fact("vocabulary", shape.vocabularySize),
      Fact("context", shape.contextLength),
      Fact("rotary", "base \(shape.rotary.base), scaling \(shape.rotary.scaling)"),
      Fact("sliding window", shape.slidingWindow.map(String.init) ?? "none"),
      Fact("head", shape.isHeadTied ? "tied to the embedding" : "of its own"),
      Fact("parameters", parameters),
      Fact("tensors", types.map { "\($0.value.count) \($0.key)" }.sorted().joined(separator: ", ")),
    ]
    facts += model.adapters.compactMap(\.path).map { Fact("adapter", $0) }
    if let digest = model.adapterDigest { facts.append(Fact("adapter sha256", digest)) }
    facts += checkpoint.notes.map { Fact("note", $0) }
    if tensors {
      facts += checkpoint.tensors.values.sorted { $0.name < $1.name }
        .map { Fact($0.name.description, "\($0.shape) \($0.elementType.name)") }
    }
    return try facts + textFacts(checkpoint) + identityFacts(model)
  }

  private func textFacts(_ checkpoint: Checkpoint) throws -> [Fact] {
    let tokenizer = try Tokenizer(checkpoint.tokenizer)
    let template = try ChatTemplate(checkpoint.tokenizer)
    let bos = tokenizer.beginningOfSequence.map { "\($0)" } ?? "none"
    let ends = tokenizer.endOfSequence.union(checkpoint.configuration.endOfSequenceIDs).sorted()
    return [
      Fact("tokenizer sha256", tokenizer.digest),
      Fact("begin of sequence", bos + (tokenizer.addsBeginningOfSequence ? ", added" : "")),
      Fact("end of sequence", ends.map(String.init).joined(separator: ", ")),
      Fact("chat template", template.map { "sha256 \($0.digest)" } ?? "none; use --raw"),
    ]
  }

  private func identityFacts(_ model: AdaptedModel) throws -> [Fact] {
    let decoder = try Decoder(model, includingHead: false, threads: threading.threads)
    var space = DecoderWorkspace(for: decoder.description)
    let tokens = (0..<8).map { Int32($0 % decoder.description.vocabularySize) }
    let errors = try decoder.checkResidualIdentity(tokens: tokens, &space)
    return [
      Fact("residual identity", "largest error \(errors.max() ?? 0) of the stream's RMS"),
      Fact(
        "rows independent",
        decoder.rowsAreIndependent ? "yes, bit for bit" : "no: one prompt in a pass"),
    ]
  }

  private func storeFacts() throws -> [Fact] {
    let store = try ActivationStore(path: path)
    let committed = try store.committedUnits()
    let identity = store.identity
    let sites = Dictionary(grouping: store.datasets, by: \.site)
    let columns = store.prompts.columns.map(\.name)
    return [
      Fact("path", path),
      Fact("identity sha256", identity.digest),
      Fact("form", store.form.rawValue),
      Fact("units", "\(committed.count { $0 }) of \(committed.count) written"),
      Fact("shard", "prompts from \(store.shard.lowerBound) up to \(store.shard.upperBound)"),
      Fact("prompts", store.prompts.count),
      Fact("columns", columns.joined(separator: ", ")),
      Fact("tokens", store.tokens.ids.count),
      Fact("rows", store.rows.count),
      Fact("positions", identity.positions.joined(separator: ", ")),
      Fact("stored type", identity.storedType.rawValue),
      Fact("precision", identity.precision.rawValue),
      Fact("model sha256", identity.modelDigest),
      Fact("adapter sha256", identity.adapterDigest ?? "none"),
      Fact("tokenizer sha256", identity.tokenizerDigest),
      Fact("template sha256", identity.templateDigest ?? "none"),
      Fact("prompts sha256", identity.promptsDigest),
      Fact("tool", store.provenance.toolVersion),
      Fact("backend", "\(store.provenance.backend) \(store.provenance.backendVersion)"),
      Fact("instruction set", store.provenance.instructionSet),
    ]
      + sites.sorted { $0.key < $1.key }.map { site, datasets in
        Fact("site \(site)", "\(datasets.count) datasets of width \(datasets[0].width)")
      }
  }
}
