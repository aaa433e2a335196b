package import Inference
import Kernels
package import Tokenization

/// Prompts on which directions are judged: what projecting one out everywhere, and adding one at its layer,
/// does to the model's refusal and to its answers.
///
/// Adding starts from the streams that entered the layer; these are held for every layer, 4 × d_model bytes for
/// each token of a prompt of class 0.
package struct DirectionBench: Sendable {
  /// R of class 1 as it is.
  package let refused: [Double]
  /// R of class 0 as it is.
  package let answered: [Double]

  private let description: DecoderDescription
  private let pass: LayerMajorPass
  private let tokens: RefusalTokens
  private let positives: [PromptBatch]
  private let negatives: [AnsweredBatch]

  /// What a direction does when it is projected out.
  package struct Ablation: Sendable {
    /// R of class 1.
    package let refused: [Double]
    /// KL divergence of the next token from what it was, class 0.
    package let divergences: [Double]
  }

  /// Prompts of class 0 as they are.
  private struct AnsweredBatch: Sendable {
    let batch: PromptBatch
    /// Of each layer, what enters it.
    let entering: [SharedRows]
    /// For a last row of the layout, its place among the logits.
    let places: [Int: Int]
    /// `[place, vocab]`.
    let logits: SharedRows
  }

  /// Runs the prompts, at least one of each class, once as they are.
  package init(
    _ decoder: Decoder, positives: [TokenizedPrompt], negatives: [TokenizedPrompt],
    tokens: RefusalTokens, threads: Int
  ) throws {
    let description = decoder.description
    let pass = LayerMajorPass(decoder, sites: [HookSite(.logits)], threads: threads)
    func batches(_ prompts: [TokenizedPrompt]) -> [PromptBatch] {
      PromptBatch.batches(prompts, lengths: prompts.map(\.ids.count), for: decoder)
    }
    self.positives = batches(positives)
    refused = try self.positives.flatMap { try $0.logOdds(pass, tokens) }
    var answered: [Double] = []
    self.negatives = try batches(negatives).map { batch in
      let entering = (0..<description.layerCount).map { _ in
        SharedRows(count: batch.layout.rowCount, width: description.dModel)
      }
      let ends = Set(batch.lastRows).sorted()
      let places = Dictionary(uniqueKeysWithValues: ends.enumerated().map { ($1, $0) })
      let logits = SharedRows(count: ends.count, width: description.vocabularySize)
      answered += try batch.logOdds(pass, tokens) { rows in
        entering.enumerated().map { layer, entering in
          RowReader(HookSite(.residPre, layer: layer), rows: rows) { entering.set($0, to: $1) }
        } + [
          RowReader(HookSite(.logits), rows: rows) { row, values in
            if let place = places[row] { logits.set(place, to: values) }
          }
        ]
      }
      return AnsweredBatch(batch: batch, entering: entering, places: places, logits: logits)
    }
    self.answered = answered
    self.description = description
    self.pass = pass
    self.tokens = tokens
  }

  /// Projects a unit vector out of what enters every block and of what every attention and MLP adds, at all
  /// positions.
  package func ablated(_ unit: [Float]) throws -> Ablation {
    let ablation: PassHooks.Make = { [layers = 0..<description.layerCount] _ in
      Intervention.ablation(of: unit, layers: layers)
    }
    let refused = try positives.flatMap { try $0.logOdds(pass, tokens, hooks: ablation) }
    let divergences = try negatives.flatMap { answered in
      let found = LastRowValues<Double>(answered.batch)
      let observer = PassHooks { rows in
        ablation(rows) + [
          found.reader(HookSite(.logits), rows: rows) { row, values in
            guard let place = answered.places[row] else { return 0 }
            return divergence(of: values, from: answered.logits[rows: place..<place + 1])
          }
        ]
      }
      _ = try pass.run(
        answered.batch.layout, wanted: found.rows.sorted(), observer: observer)
      return found.values
    }
    return Ablation(refused: refused, divergences: divergences)
  }

  /// R of class 0 with a vector added, as it is, to what enters one block, at all positions.
  ///
  /// Only blocks from that one on are computed.
  package func induced(_ vector: [Float], layer: Int) throws -> [Double] {
    try negatives.flatMap { answered in
      try answered.batch.logOdds(
        pass, tokens, from: PassStart(layer: layer, residual: answered.entering[layer])
      ) { _ in
        [Intervention(.add(vector), at: .residPre, layers: [layer])]
      }
    }
  }
}

extension Intervention {
  /// Takes a direction from everything a decoder writes into its residual stream: from what enters every block
  /// and from what every attention and MLP adds.
  package static func ablation(of unit: [Float], layers: Range<Int>) -> [any ActivationHook] {
    [SiteKind.residPre, .attentionOut, .mlpOut].map {
      Intervention(.projectOut(unit), at: $0, layers: layers)
    }
  }
}
