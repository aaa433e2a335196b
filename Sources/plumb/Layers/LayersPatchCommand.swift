import ArgumentParser
import Inference
import ModelFiles
import Probes
import Reports

/// Patching of activations between prompts, and what modules write along a direction.
struct LayersPatchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "patch",
    abstract: "Patch activations between refused and answered prompts, layer by layer.",
    usage: "plumb layers patch --model M --prompts PAIRS --output DIR [<options>]",
    discussion: """
      Runs the answered prompt of each pair with single activations of the refused one, and the other way \
      round, at every layer and last position: what is enough for a refusal, and what it needs. With \
      --direction also what every attention, head and MLP writes along it. Pairs share a value of the \
      column pair; they are of the part to report on (split = test, or a seeded draw of whole groups).
      """)

  @OptionGroup var layers: LayersOptions
  @Option(help: "A vector of plumb layers direction, along which to attribute.")
  var direction: String?
  @Option(help: "The most pairs.")
  var pairs = 64
  @Option(help: "Leave out pairs whose refusal log-odds differ by less.")
  var leastContrast = 2.0
  @Flag(help: "Leave out gradient times difference, which needs the weights a second time.")
  var noGradients = false

  func validate() throws {
    guard pairs > 0 else { throw ValidationError("--pairs must be at least 1.") }
    guard leastContrast > 0, leastContrast.isFinite else {
      throw ValidationError("--least-contrast must be above 0.")
    }
  }

  func run() throws {
    let input = try LayersInput(layers)
    let vector = try direction.map { try AttributedVector(path: $0, input) }
    let patching = try PatchingRun(
      input, PatchOptions(pairs: pairs, leastContrast: leastContrast),
      takesGradients: !noGradients)
    let report = input.report(try patching.run(along: vector))
    Console.endProgress()
    try input.write(report, printsJSON: layers.run.json)
  }
}

/// A direction to attribute along.
struct AttributedVector {
  let direction: Direction
  let position: String

  /// Reads a vector, refusing one of another model or of no residual stream.
  init(path: String, _ input: LayersInput) throws {
    guard let vector = try TypedVector(SafetensorsFile(path: path)) else {
      throw CommandError.option(
        name: "direction", value: path, expected: "a vector that plumb layers direction wrote")
    }
    try vector.demand(TypedVector.Space(of: input.model, input.encoder), path: path)
    try vector.demand(.residPre, path: path)
    try self.init(
      (vector.values, vector.meaning.site), position: vector.meaning.position, source: path)
  }

  /// Takes a direction that was just found.
  init(
    _ vector: (values: [Float], site: HookSite), position: String, source: String
  ) throws {
    direction = try Direction(vector.values, site: vector.site, source: source)
    self.position = position
  }
}

/// Patching on some input.
struct PatchingRun {
  private let input: LayersInput
  private let options: PatchOptions
  private let opening: RefusalOpening
  private let parts: [PromptPart]
  private let takesGradients: Bool

  /// Finds how refusals begin, on the prompts to fit on.
  init(_ input: LayersInput, _ options: PatchOptions, takesGradients: Bool) throws {
    let parts = try input.labeled.disjointParts(seed: input.checks.seed)
    self.init(
      input, options, opening: try input.refusalOpening(parts), parts: parts,
      takesGradients: takesGradients)
  }

  /// Takes up where another analysis found how refusals begin.
  init(
    _ input: LayersInput, _ options: PatchOptions, opening: RefusalOpening, parts: [PromptPart],
    takesGradients: Bool
  ) {
    self.input = input
    self.options = options
    self.opening = opening
    self.parts = parts
    self.takesGradients = takesGradients
  }

  /// Patches, and attributes along a vector where there is one.
  func run(along vector: AttributedVector?) throws -> LayerPatching {
    if vector != nil { try input.labeled.demandBothClasses(in: [.test], parts) }
    let checks = input.checks
    let bar = SharedProgress(label: "patch", unit: "layers")
    let attribution = try vector.map { vector in
      LayerPatching.Attribution(
        site: vector.direction.site.name, position: vector.position,
        found: try checks.directAttribution(vector.direction, opening, parts: parts))
    }
    let screen =
      takesGradients
      ? try TrainableDecoder(
        input.model, scope: .weights([]), precision: input.origin.precision,
        threads: checks.threads) : nil
    let map = try checks.patchMap(opening, parts: parts, options, screen: screen) {
      bar.update(done: $0, of: $1)
    }
    return LayerPatching(opening: opening, attribution: attribution, map: map)
  }
}
