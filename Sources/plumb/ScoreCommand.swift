import Activations
import ArgumentParser
import Foundation
import Inference
import Kernels
import ModelFiles
import Probes
import Tokenization

/// Scores of a saved probe for new prompts.
struct ScoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "score",
    abstract: "Apply a saved probe to new prompts; one JSON object a line.",
    usage: "plumb score --probe FILE --model M --prompts P [<options>]",
    discussion: """
      A score above 0 decides for the label that counted as 1. The probe is refused where the model, \
      its adapter or its chat template is not the one it was trained on; system text, --raw and the like \
      are taken from its training.
      """)

  @Option(help: "A probes.safetensors that plumb probe wrote.")
  var probe: String
  @Option(help: "Which probe, such as resid_post.layer_14.last (default: the best out of fold).")
  var name: String?
  @OptionGroup var model: ModelOption
  @Option(help: "A JSONL or CSV file of prompts.")
  var prompts: String
  @OptionGroup var threading: ThreadOption

  func run() throws {
    let file = try SavedProbes(path: probe)
    let chosen = try name.map { try file.probe($0) } ?? file.best
    let model = try model.open()
    let encoder = try PromptEncoder(model.checkpoint.tokenizer, options: file.origin.encoding)
    try file.demand(
      model: model.checkpoint.digest(), adapter: model.adapterDigest,
      template: encoder.template?.digest)
    let set = try PromptSet(path: prompts)
    let scorer = try ProbeScorer(
      chosen,
      decoder: Decoder(
        model, includingHead: false, precision: file.origin.precision,
        threads: threading.threads))
    setProductThreads(threading.threads)
    for prompt in set.prompts {
      let score = try naming(prompt, of: set) { try scorer.score(encoder.encode(prompt.messages)) }
      let record = ScoreRecord(id: prompt.id, probe: chosen.name, score: score)
      try Console.output(json: record)
    }
  }
}

/// A prompt's score, as `plumb score` prints it.
private struct ScoreRecord: Encodable {
  let id: String
  let probe: String
  let score: Double
}
