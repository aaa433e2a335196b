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
      interval, and the verdict follows from it, never from samples, probes or judges. The folder gets result.json, report.md, report.html, \
      verdicts.csv (a row for each prompt, by its SHA-256) and inspect.json, a log for Inspect. Nothing that is \
      written or printed holds a prompt or an answer. An interrupted audit goes on where it was; the tokens of \
      answers are kept in answers.jsonl meanwhile, for the owner alone, and removed at the end.
      """)

  @OptionGroup var input: AuditOptions
  @OptionGroup var extras: AuditExtras
  @OptionGroup var asking: AuditAsking
  @Flag(help: "Leave out the model before under the other system text.")
  var noBaseline = false
  @Flag(help: "Measure a random update of the tuning's length in every matrix, too.")
  var randomControl = false
  @Flag(help: "Keep the tokens of answers in answers.jsonl.")
  var keepAnswers = false

  func run() throws {
    Signals.deferStops()
    let options = input.analysis.run
    let job = try AuditJob(input, extras, asking)
    let weights = try job.weightReport(threads: options.threads)
    let run = try AuditRun(
      job.models, job.questions, weights: weights,
      settings: job.settings(
        threads: options.threads, measuresBaseline: !noBaseline,
        measuresRandomControl: randomControl))
    let log = try job.log(overwriting: options.overwrite)
    let outcome = try run.run(log: log)
    Console.endProgress()
    let report = AuditReport(
      outcome.result, manifest: job.manifest, toolVersion: Version.current,
      backend: MatrixEngine.summary)
    try job.outputs.write(report, outcome.answers, charts: InstalledCharts.find())
    if !keepAnswers { log.remove() }
    if options.json {
      try Console.output(bytes: report.json())
    } else {
      try Console.output(report.terminalText)
      try Console.output(
        "Wrote \(job.outputs.page), \(job.outputs.report) and \(job.outputs.result).")
    }
  }
}
