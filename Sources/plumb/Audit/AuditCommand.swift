import ArgumentParser
import Audit
import Inference
import Kernels
import ModelFiles
import Reports

/// What a tuning did to refusals, over-refusals, utility and weights.
struct AuditCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit",
    abstract:
      "Compare a model before and after a tuning: refusals, over-refusals, utility, weights.",
    usage: """
      plumb audit --before M --after M --harmful FILE --harmless FILE --output DIR [<options>]
      """,
    discussion: """
      Both models answer the same prompts under one protocol, which is written down before anything runs. \
      Refusals are counted by two rules, incoherent answers by a gate; every difference is paired and has an \
      interval, and the verdict follows from it. The folder gets result.json, report.md, report.html, \
      verdicts.csv (a row for each prompt, by its SHA-256) and inspect.json, a log for Inspect. Nothing that is \
      written or printed holds a prompt or an answer. An interrupted audit goes on where it was; the tokens of \
      answers are kept in answers.jsonl meanwhile, for the owner alone, and removed at the end.
      """)

  @OptionGroup var input: AuditOptions
  @OptionGroup var extras: AuditExtras
  @Option(help: "The most tokens of an answer.")
  var maxTokens = 96
  @Option(help: "A change of a refusal rate within so many points is not material.")
  var margin = 5.0
  @Option(help: "A loss of accuracy within so many points leaves utility held.")
  var utilityMargin = 2.0
  @Flag(help: "Leave out the model before under the other system text.")
  var noBaseline = false
  @Flag(help: "Measure a random update of the tuning's length in every matrix, too.")
  var randomControl = false
  @Flag(help: "Keep the tokens of answers in answers.jsonl.")
  var keepAnswers = false

  func validate() throws {
    guard maxTokens > 0 else { throw ValidationError("--max-tokens must be at least 1.") }
    for (name, value) in [("margin", margin), ("utility-margin", utilityMargin)] {
      guard value > 0, value < 100 else {
        throw ValidationError("--\(name) must be above 0 and below 100 points.")
      }
    }
  }

  func run() throws {
    Signals.deferStops()
    let job = try AuditJob(
      input, extras, maxTokens: maxTokens,
      margins: AuditMargins(refusal: margin / 100, utility: utilityMargin / 100))
    let weights = try job.weightReport(threads: input.run.threads)
    let run = try AuditRun(
      job.models, job.questions, weights: weights,
      settings: job.settings(
        threads: input.run.threads, measuresBaseline: !noBaseline,
        measuresRandomControl: randomControl))
    let log = try job.log(overwriting: input.run.overwrite)
    let outcome = try run.run(log: log)
    Console.endProgress()
    let report = AuditReport(
      outcome.result, manifest: job.manifest, toolVersion: Version.current,
      backend: MatrixEngine.summary)
    try job.outputs.write(report, outcome.answers, charts: InstalledCharts.find())
    if !keepAnswers { log.remove() }
    if input.run.json {
      try Console.output(bytes: report.json())
    } else {
      try Console.output(report.terminalText)
      try Console.output(
        "Wrote \(job.outputs.page), \(job.outputs.report) and \(job.outputs.result).")
    }
  }
}
