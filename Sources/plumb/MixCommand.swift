import ArgumentParser
import Foundation
import Inference
import ModelFiles
import Tokenization
import Tuning

/// Mixes safety examples into a training set.
struct MixCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mix",
    abstract: "Mix safety examples into a training set, as they are or in its own format.",
    usage: """
      plumb mix --data D.jsonl --safety S.jsonl --arm mimic --output OUT.jsonl
      """,
    discussion: """
      Both sets have one JSON object a line, with "prompt" and "response" or with "messages", and with \
      "system" where the system text is apart. Safety \
      examples are requests with safe answers. Arms: base adds them as they are, longest only those with \
      the longest answers, mimic rewrites them into the prompt template, system text and kind of answer \
      that the training set has. The training set's lines are kept byte for byte and in order; beside \
      OUT.jsonl come OUT.manifest.json (seed, rates, hashes, what was left out, warnings) and \
      OUT.template.json (the format that was learned).
      """)

  @Option(help: "The training set, JSONL.")
  var data: String
  @Option(help: "Requests with safe answers, JSONL.")
  var safety: String
  @Option(help: "How examples are added: none, base, longest or mimic.")
  var arm: String
  @Option(help: "Added examples as a share of the training set's, from 0 to 1.")
  var rate = 0.1
  @Option(help: "Decides which examples are added, and where.")
  var seed: UInt64 = 0
  @Option(help: "Count tokens of this model instead of words.")
  var tokenizer: String?
  @Flag(help: "Put added examples anywhere instead of spreading them evenly.")
  var scattered = false
  @Option(name: [.short, .long], help: "The mixed set to write, JSONL.")
  var output: String
  @Flag(help: "Print the result as JSON to standard output.")
  var json = false

  func run() throws {
    guard output.lowercased().hasSuffix(".jsonl") else {
      throw CommandError.option(
        name: "output", value: output, expected: "a name that ends in .jsonl")
    }
    let arm = try choice(arm, of: MixingRequest.Arm.self, option: "arm")
    guard (0...1).contains(rate) else { throw MixingError.rate(rate) }
    try MixedFiles.demandFree(output: output)
    let length = try tokenizer.map { name in
      TextLength.tokens(of: try Tokenizer(try ModelOption.open(name).checkpoint.tokenizer))
    }
    let files = try MixedFiles(
      user: ExchangeFile(path: data), safety: ExchangeFile(path: safety),
      request: MixingRequest(arm: arm, rate: rate, seed: seed, isStratified: !scattered),
      output: output, length: length ?? .words, toolVersion: Version.current)
    try files.write()
    try report(files.manifest)
  }

  private func report(_ manifest: MixManifest) throws {
    for warning in manifest.warnings { Console.message("plumb: \(warning)") }
    if json { return try Console.output(json: manifest) }
    let match = manifest.formatMatch.map { ", format match \(($0 * 100).rounded(toPlaces: 1)) %" }
    try Console.output(
      "\(ByteString(output)): \(manifest.mixed.examples) examples, \(manifest.added.count) of them added "
        + "(\(manifest.arm.rawValue), rate \(manifest.rateByExamples.rounded(toPlaces: 4)) by examples, "
        + "\(manifest.rateByAnswerLength.rounded(toPlaces: 4)) by \(manifest.lengthUnit) of answers\(match ?? ""))."
    )
  }
}
