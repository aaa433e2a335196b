import ArgumentParser
import Foundation
import Inference
import ModelFiles
import Probes
import Tokenization

/// A vector to steer with, made of a saved probe.
struct VectorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "vector",
    abstract: "Make a vector to steer with of a saved probe.",
    usage: "plumb vector --probe FILE --operation add|project_out --output FILE",
    discussion: """
      A mass-mean probe's vector is the difference of the class means: added, it moves an activation \
      from one class to the other. A logistic probe's has a direction, but its length means nothing to \
      the model. The file says what the vector is for, of which site, layer, model and template, and \
      plumb generate --steer refuses every other use.

      A name that ends in .gguf gives a control vector for llama.cpp (--control-vector FILE). llama.cpp \
      only adds, and only to resid_post of layers above 0; its direction.N is resid_post of layer N. \
      It needs --model, whose architecture is written into it.
      """)

  @Option(help: "A probes.safetensors that plumb probe wrote.")
  var probe: String
  @Option(
    help:
      "Which probe, such as resid_post.layer_14.last.mass_mean (default: the best mass-mean probe)."
  )
  var name: String?
  @Option(help: "What the vector is for: add or project_out.")
  var operation: String
  @Option(help: "The file to write: .safetensors, or .gguf for llama.cpp.")
  var output: String
  @Option(help: "Multiply the vector; a negative number turns it round.")
  var scale = 1.0
  @Option(
    help: "Check that the probe is of this model: a GGUF file, a HuggingFace folder or smollm2.")
  var model: String?
  @Flag(help: "Replace an output that exists.")
  var overwrite = false
  @Flag(help: "Print the result as JSON to standard output.")
  var json = false

  func validate() throws {
    guard scale.isFinite, scale != 0 else {
      throw ValidationError("--scale must be a number other than 0.")
    }
    guard output.hasSuffix(".safetensors") || isControlVector else {
      throw ValidationError("--output must end in .safetensors or .gguf.")
    }
    guard !isControlVector || model != nil else {
      throw ValidationError("A .gguf output needs --model, whose architecture is written into it.")
    }
  }

  func run() throws {
    let wanted = try choice(operation, of: SteeringOperation.self, option: "operation").operation
    guard scale == 1 || wanted == .add else {
      throw CommandError.conflict(
        "--scale has no effect on a vector that is projected out; leave it out.")
    }
    try refuse(replacing: [probe], by: [output])
    let file = try SavedProbes(path: probe)
    let chosen = try name.map { try file.probe($0) } ?? best(of: file)
    let vector = try file.vector(of: chosen, for: wanted, scale: scale)
    let model = try model.map { try ModelOption.open($0) }
    if let model {
      let encoder = try PromptEncoder(model.checkpoint.tokenizer, options: file.origin.encoding)
      try vector.demand(
        TypedVector.Space(of: model, encoder), path: probe)
    }
    if let model, isControlVector {
      try vector.writeControlVector(
        for: model.checkpoint.configuration, to: output, overwriting: overwrite)
    } else {
      try vector.write(to: output, overwriting: overwrite)
    }
    try report(vector)
  }

  /// The best mass-mean probe that the output can be made of.
  private func best(of file: SavedProbes) throws -> SavedProbe {
    try file.best(among: [.massMean]) { cell in
      cell.hookSite.map { !isControlVector || $0.takesControlVector } ?? false
    }
  }

  private var isControlVector: Bool { output.hasSuffix(".gguf") }

  private func report(_ vector: TypedVector) throws {
    let meaning = vector.meaning
    let norm = vector.values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    if json {
      return try Console.output(
        json: VectorSummary(
          output: output, operation: meaning.operation.rawValue, probe: meaning.source,
          site: meaning.site.kind.rawValue, layer: meaning.site.layer, position: meaning.position,
          positive: meaning.positive, negative: meaning.negative, unit: meaning.unit.rawValue,
          width: vector.values.count, norm: norm))
    }
    let verb = meaning.operation == .add ? "add to" : "project out of"
    let unit = meaning.unit == .activation ? "" : " in units that mean nothing to the model"
    try Console.output(
      "Wrote \(ByteString(output)): a vector to \(verb) \(meaning.site.name), of length "
        + "\(norm.rounded(toPlaces: 3))\(unit), from label \(ByteString(meaning.negative)) to "
        + "\(ByteString(meaning.positive)), made of \(ByteString(meaning.source)).")
  }
}

/// What a vector can be made for.
private enum SteeringOperation: String, CaseIterable {
  case add
  case projectOut = "project_out"

  var operation: TypedVector.Operation {
    switch self {
    case .add: .add
    case .projectOut: .projectOut
    }
  }
}

extension TypedVector.Space {
  /// The space of a model whose prompts an encoder makes.
  init(of model: AdaptedModel, _ encoder: PromptEncoder) {
    self.init(
      model: model.checkpoint.digest(), adapter: model.adapterDigest,
      template: encoder.template?.digest,
      tokenizer: encoder.tokenizer.digest)
  }
}

/// What `plumb vector --json` prints.
private struct VectorSummary: Encodable {
  let output: String
  let operation: String
  let probe: String
  let site: String
  /// Left out for a site outside the blocks.
  let layer: Int?
  let position: String
  let positive: String
  let negative: String
  let unit: String
  let width: Int
  let norm: Double
}
