import ArgumentParser
import Foundation
import Inference
import ModelFiles
import Reports
import Tuning

/// Fine-tunes a model.
struct TuneCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tune",
    abstract: "Fine-tune a model on your examples, with a strategy that keeps its safety.",
    usage: """
      plumb tune --model M --data TRAIN.jsonl --output RUN [<options>]
      plumb tune --config FILE --output RUN [<options>]
      plumb tune --output RUN --resume
      plumb tune --model M --data TRAIN.jsonl --preview N
      """,
    discussion: """
      Loss is on what the assistant says and on the end of its turn; --preview shows on which tokens. \
      RUN/adapter is a PEFT folder, or RUN/model a HuggingFace folder with --method full; RUN/report.html \
      and report.md tell what came of it, RUN/result.json the same for programs, RUN/log.jsonl has a line for \
      each step, and RUN/config.yaml every choice, to be used again with --config. Options go over those of \
      a file.

      An interrupted or killed run goes on with --resume and ends in the same bytes.

      Strategies: frozen leaves blocks as they are (SPPFT); ml-lr and swat let robust modules learn; sap makes \
      steps that lean away from harmful directions; lisa alternates with safety data.
      """)

  @Option(help: "A YAML file of choices, named as the options are.")
  var config: String?
  @Option(help: "The folder of the run.")
  var output: String?
  @Flag(help: "Go on with the run in --output.")
  var resume = false
  @Option(help: "Print the first examples with the tokens that carry loss, and train nothing.")
  var preview: Int?
  @OptionGroup var choices: TuneOptions
  @OptionGroup var memory: MemoryOption
  @OptionGroup var options: RunOptions

  func validate() throws {
    if let preview, preview < 1 { throw ValidationError("--preview must be at least 1.") }
    if preview == nil && output == nil { throw ValidationError("--output is missing.") }
    if resume && options.overwrite {
      throw ValidationError(
        "--resume goes on with a run that --overwrite replaces; give one of them.")
    }
  }

  func run() throws {
    if let preview { return try show(preview) }
    Signals.deferStops()
    let output = output ?? ""
    let opening: RunFolder.Opening =
      resume ? .resuming : options.overwrite ? .overwriting : .new
    try RunFolder.check(output, opening)
    let job = try TuneJob(
      try settings(), output: output, opening: opening, config: config,
      memoryBudget: try memory.budget(of: nil), threads: options.threads)
    guard !job.folder.isFinished else {
      return try options.json
        ? Console.output(bytes: job.finishedResult())
        : Console.output("\(ByteString(output)) is finished already.")
    }
    let bar = SharedProgress(label: "tune", unit: "steps")
    let (result, run) = try job.run { progress in
      bar.update(done: progress.step, of: progress.stepCount, note: progress.note)
    }
    Console.endProgress()
    try options.json
      ? Console.output(bytes: result.json()) : Console.output(run.terminalText(folder: output))
  }

  /// What was typed over the file; a run that goes on has a file of its own.
  private func settings() throws -> TuneSettings {
    var file = config
    if file == nil, resume, let output {
      let own = "\(output)/config.yaml"
      if FileManager.default.fileExists(atPath: own) { file = own }
    }
    return try TuneSettings(file: file, typed: choices.given)
  }

  private func show(_ count: Int) throws {
    var settings = try settings()
    let model = try ModelOption.open(try settings.demand(.model))
    let data = try TuneData(
      &settings, model: model, mix: try TuneMix(&settings, output: output ?? "."))
    let preview = TunePreview(tokenizer: data.encoder.tokenizer, isColored: Console.usesColor)
    for (index, example) in data.set.examples.prefix(count).enumerated() {
      if options.json {
        try Console.output(bytes: TunePreview.json(example))
      } else {
        try Console.output((index > 0 ? "\n" : "") + preview.lines(of: example))
      }
    }
  }
}

extension TuningLoop.Progress {
  /// The losses in a few words.
  fileprivate var note: String {
    let figures = [("loss", loss), ("held-out", heldOutLoss)].compactMap { name, value in
      value.map { "\(name) \($0.rounded(toPlaces: 3))" }
    }
    return figures.joined(separator: ", ")
  }
}
