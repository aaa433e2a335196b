import ArgumentParser
import Kernels
import Reports

/// A fine-tune and what it does to safety, from one command.
struct StoryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "story",
    abstract: "Tune a model plainly and with a strategy, and measure safety before and after.",
    usage: """
      plumb story --model M --data TRAIN.jsonl --prompts PAIRS --output DIR \
      [--strategy NAME | --mix NAME] [<options>]
      """,
    discussion: """
      Tunes the model on the examples, once plainly and once with the strategy that is named, and measures the \
      model against each tuned one: refusals and weights (plumb audit), what layers hold (plumb layers gap and \
      compare) and which modules it rests on (plumb modules compare). DIR/report.html has the paired findings \
      first, then every measurement, then the commands; each step is such a command in a folder of its own. \
      Steps that are finished are not repeated: run the same command again after an interruption.

      Options of plumb tune shape the tuning with the strategy; the plain one is the same without those that \
      belong to it.
      """)

  @Option(
    help: """
      A JSONL or CSV file with prompt and label (1 harmful, 0 harmless), and group, pair and split where \
      there are any.
      """)
  var prompts: String
  @Option(help: "The folder for everything.")
  var output: String
  @Option(
    help: "Harmless requests for over-refusal (default: those of --prompts with the label 0).")
  var harmless: String?
  @Option(help: "The most prompts of either label in each measurement.")
  var limit: Int?
  @Flag(help: "Measure every single module with three draws, longer answers and their controls.")
  var full = false
  @OptionGroup var choices: TuneOptions
  @OptionGroup var options: RunOptions

  func validate() throws {
    for (name, value) in [("model", choices.model), ("data", choices.data)] where value == nil {
      throw ValidationError("--\(name) is missing.")
    }
    if let limit { try demandEnoughPrompts(limit, option: "limit") }
  }

  func run() throws {
    Signals.deferStops()
    let plan = try StoryPlan(self)
    let folder = try StoryFolder(plan, isOverwriting: options.overwrite)
    for arm in plan.arms {
      for step in StoryStep.allCases { try folder.run(step, of: arm) }
    }
    if plan.arms.count == 2 { try folder.compareArms() }
    let report = try StoryReport(
      in: output,
      arms: plan.arms.map { ($0.name, $0.folder, folder.omitted[$0.folder] ?? []) },
      digests: plan.digests, commands: folder.commands, toolVersion: Version.current,
      backend: MatrixEngine.summary)
    try folder.write(report)
    if options.json { return try Console.output(bytes: report.json()) }
    try Console.output(report.terminalText)
    try Console.output("Wrote \(output)/report.html and the folders beside it.")
  }
}
