import Inference
import Kernels
import ModelFiles
import Probes
import Reports
import Tokenization

/// A model and labelled prompts, loaded for an analysis of layers.
struct LayersInput {
  /// The model's files.
  let model: AdaptedModel
  /// Its tokenizer and template.
  let encoder: PromptEncoder
  /// The prompts as the file has them.
  let labeled: LabeledPrompts
  /// The model with its prompts, head included.
  let checks: ModelChecks
  /// What the results tell of where they come from.
  let origin: LayersOrigin
  /// Where the results go.
  private(set) var outputs: ProbeOutputs
  /// The folder of the results.
  private(set) var folder: String
  /// Whether results that are there are replaced.
  private(set) var isOverwriting: Bool
  /// Whether what an interrupted run left is begun anew.
  let beginsAnew: Bool

  /// Reads prompts and loads the model, outputs that exist refused before.
  init(_ options: LayersOptions) throws {
    try self.init(model: options.model.model, options.analysis)
  }

  /// Reads prompts and loads the model of a name, outputs that exist refused before.
  init(model name: String, _ options: LabeledOptions) throws {
    folder = options.output
    isOverwriting = options.run.overwrite
    beginsAnew = options.run.overwrite
    outputs = try ProbeOutputs(folder: folder, overwriting: isOverwriting)
    let precision = try options.precision
    let model = try ModelOption.open(name)
    try refuse(
      replacing: [options.prompts] + model.filePaths,
      by: [outputs.result, outputs.report, outputs.page])
    let set = try PromptSet(path: options.prompts)
    let encoder = try PromptEncoder(
      model.checkpoint.tokenizer, options: options.promptOptions.options)
    let labeled = try LabeledPrompts(set, options.columns, encoder: encoder)
    origin = LayersOrigin(
      modelDigest: model.checkpoint.digest(), adapterDigest: model.adapterDigest,
      tokenizerDigest: encoder.tokenizer.digest,
      templateDigest: encoder.options.isRaw ? nil : encoder.template?.digest,
      promptsDigest: set.digest, encoding: encoder.options, precision: precision,
      labeled: labeled, seed: options.seed)
    checks = try ModelChecks(
      labeled.tokens, labeled.prompts,
      decoder: Decoder(model, precision: precision, threads: options.run.threads),
      threads: options.run.threads, seed: options.seed)
    self.model = model
    self.encoder = encoder
    self.labeled = labeled
  }

  /// Tokens that end a reply.
  var endOfSequence: Set<Int32> {
    encoder.tokenizer.endOfSequence.union(model.checkpoint.configuration.endOfSequenceIDs)
  }

  /// A report on a result for these prompts and this model.
  func report<Result: LayersResult>(_ result: Result) -> LayersReport<Result> {
    LayersReport(
      result, origin: origin, toolVersion: Version.current, backend: MatrixEngine.summary)
  }

  /// Writes a report in all its forms.
  func write(_ report: LayersReport<some LayersResult>) throws {
    let forms = report.forms
    try outputs.write(
      markdown: forms.markdown, page: forms.html(charts: InstalledCharts.find()),
      json: report.json())
  }

  /// Writes a report in all its forms and tells it at the terminal, with further lines.
  func write(
    _ report: LayersReport<some LayersResult>, notes: [String] = [], printsJSON: Bool
  ) throws {
    try write(report)
    if printsJSON { return try Console.output(bytes: report.json()) }
    for text in [report.forms.terminalText] + notes { try Console.output(text) }
    try Console.output("Wrote \(outputs.page), \(outputs.report) and \(outputs.result).")
  }

  /// The same input, its results going to another folder, where they replace those that are there; what an
  /// interrupted run left there is gone on with as before.
  func replacing(in folder: String) throws -> LayersInput {
    var input = self
    input.folder = folder
    input.isOverwriting = true
    input.outputs = try ProbeOutputs(folder: folder, overwriting: true)
    return input
  }

  /// The same prompts, token for token, with another model of the same tokenizer.
  func checks(with name: String) throws -> ModelChecks {
    try checks(with: ModelOption.open(name), named: name)
  }

  /// The same with a model that is open.
  func checks(with other: AdaptedModel, named name: String) throws -> ModelChecks {
    let tokenizer = try Tokenizer(other.checkpoint.tokenizer)
    guard tokenizer.digest == encoder.tokenizer.digest else {
      throw CommandError.conflict(
        "The model \(ByteString(name)) has another tokenizer than \(ByteString(model.checkpoint.path)), so "
          + "the two cannot be compared on the same tokens; choose the model that this one was tuned from."
      )
    }
    return try ModelChecks(
      labeled.tokens, labeled.prompts,
      decoder: Decoder(other, precision: origin.precision, threads: checks.threads),
      threads: checks.threads, seed: checks.seed)
  }
}
