import Inference
import Kernels
import Tokenization

/// Tells prompts apart by how a model takes to a token of consent behind them.
///
/// The score is the mean over layers of the cosine between a prompt's own transition, from the end of the
/// instruction to the token, and the mean transition of harmful prompts.
struct SteeringGate {
  private let consent: Int32
  private let layers: Range<Int>
  /// `[layer][component]`.
  private let references: [[Double]]

  /// Takes the mean transitions of the prompts of class 1.
  init(_ anchors: ModelChecks, consent: Int32, layers: Range<Int>) throws {
    self.consent = consent
    self.layers = layers
    let members = anchors.prompts.indices.filter { anchors.prompts[$0].label == 1 }
    let transitions = try Self.transitions(
      anchors.restricted(to: members), consent: consent, layers: layers)
    references = transitions.map { ofLayer in
      var sum = [Double](repeating: 0, count: ofLayer.first?.count ?? 0)
      for transition in ofLayer {
        for column in sum.indices { sum[column] += transition[column] }
      }
      return sum
    }
  }

  /// The score of every prompt.
  func scores(_ checks: ModelChecks) throws -> [Double] {
    let transitions = try Self.transitions(checks, consent: consent, layers: layers)
    return checks.prompts.indices.map { prompt in
      mean(zip(transitions, references).map { cosine($0[prompt], $1) })
    }
  }

  /// What changes in the streams that leave some layers, `[layer][prompt][component]`.
  private static func transitions(
    _ checks: ModelChecks, consent: Int32, layers: Range<Int>
  ) throws -> [[[Double]]] {
    let prompts = checks.tokens.map { $0.followed(by: [consent]) }
    let width = checks.decoder.description.dModel
    let rows = layers.map { _ in SharedRows(count: 2 * prompts.count, width: width) }
    try PositionPass(
      checks.decoder, prompts,
      positions: zip(prompts, checks.tokens).map { [$1.instructionEnd, $0.ids.count - 1] },
      threads: checks.threads
    ).run(layers.map { HookSite(.residPost, layer: $0) }) { site, prompt, place, values in
      rows[(site.layer ?? 0) - layers.lowerBound].set(2 * prompt + place, to: values)
    }
    return rows.map { rows in
      prompts.indices.map { prompt in
        let (start, end) = (
          rows[rows: 2 * prompt..<2 * prompt + 1], rows[rows: 2 * prompt + 1..<2 * prompt + 2]
        )
        return start.indices.map { Double(start[$0]) - Double(end[$0]) }
      }
    }
  }
}

extension TokenizedPrompt {
  /// The position of the last token of the user's, or else of the last before the template's end.
  var instructionEnd: Int {
    if let last = roles.lastIndex(of: .user) { return last }
    return max(0, ids.count - 1 - roles.reversed().prefix { $0 == .tail }.count)
  }
}
