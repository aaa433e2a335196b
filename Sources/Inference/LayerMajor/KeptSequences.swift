import Kernels
package import Tokenization

/// Sequences that went through a decoder once, with what is needed to run their ends again.
///
/// Kept are the keys and values of every layer and position and, at the last positions of each sequence, what
/// enters every block and what attention and MLP add to it.
package final class KeptSequences: Sendable {
  /// The sites whose rows are kept.
  package static let kinds: [SiteKind] = [.residPre, .attentionOut, .mlpOut]

  /// The sequences.
  package let prompts: [TokenizedPrompt]
  /// How many last positions of each sequence are kept.
  package let positionCount: Int
  let layout: PrefixLayout
  /// Of each layer.
  let keyValues: [KeyValues]
  /// `[sequence, position, width]` of each kind and layer.
  private let rows: [HookSite: SharedRows]

  /// Runs the sequences.
  ///
  /// - Parameters:
  ///   - decoder: the model, loaded with its head.
  ///   - prompts: the sequences, each of at least `positions` tokens.
  ///   - positions: how many last positions of each to keep.
  ///   - threads: how many threads compute.
  ///   - look: is handed a sequence and the logits at its last position; called from several threads at a time.
  /// - Throws: `ModelFileError` where weights cannot be read.
  package init(
    _ decoder: Decoder, _ prompts: [TokenizedPrompt], positions: Int, threads: Int,
    look: @escaping @Sendable (_ sequence: Int, _ logits: Span<Float>) -> Void
  ) throws {
    let description = decoder.description
    for prompt in prompts {
      precondition(
        prompt.ids.count >= positions, "\(positions) positions of \(prompt.ids.count) tokens")
    }
    let layout = PrefixLayout(
      prompts[...], lengths: prompts.map(\.ids.count), sharing: decoder.rowsAreIndependent)
    let sites = (0..<description.layerCount).flatMap { layer in
      Self.kinds.map { HookSite($0, layer: layer) }
    }
    let rows = Dictionary(
      uniqueKeysWithValues: sites.map {
        ($0, SharedRows(count: prompts.count * positions, width: description.dModel))
      })
    let keyValues = (0..<description.layerCount).map { _ in
      KeyValues(description.attention, rowCapacity: layout.rowCount)
    }
    // Of a row that several sequences have, all their places are filled.
    var places: [Int: [Int]] = [:]
    var ends: [Int: [Int]] = [:]
    for (sequence, prompt) in prompts.enumerated() {
      for place in 0..<positions {
        let position = prompt.ids.count - positions + place
        places[layout.row(ofSequence: sequence, position: position), default: []]
          .append(sequence * positions + place)
      }
      ends[layout.row(ofSequence: sequence, position: prompt.ids.count - 1), default: []]
        .append(sequence)
    }
    let recorder = Recorder(
      targets: sites.map { SiteTarget(site: $0, places: places, rows: rows[$0]) }, ends: ends,
      look: look)
    let pass = LayerMajorPass(decoder, sites: [HookSite(.logits)], threads: threads)
    _ = try pass.run(
      layout, wanted: places.keys.sorted(), from: nil, keeping: keyValues, observer: recorder)
    self.prompts = prompts
    positionCount = positions
    self.layout = layout
    self.keyValues = keyValues
    self.rows = rows
  }

  /// A site's row at one of the last positions, -1 being the last.
  package func row(_ kind: SiteKind, layer: Int, sequence: Int, offset: Int) -> [Float] {
    precondition(
      (-positionCount..<0).contains(offset), "offset \(offset) of \(positionCount) kept positions")
    guard let rows = rows[HookSite(kind, layer: layer)] else {
      preconditionFailure("\(kind.rawValue) of layer \(layer) was not kept")
    }
    let place = (sequence + 1) * positionCount + offset
    let values = rows[rows: place..<place + 1]
    return values.indices.map { values[$0] }
  }
}

/// A site and where its rows go.
private struct SiteTarget: Sendable {
  let site: HookSite
  /// For a row of the layout, its places among the kept rows.
  let places: [Int: [Int]]
  let rows: SharedRows?
}

/// Keeps what a pass computes.
private final class Recorder: PassObserver {
  private let targets: [SiteTarget]
  private let ends: [Int: [Int]]
  private let look: @Sendable (Int, Span<Float>) -> Void

  init(
    targets: [SiteTarget], ends: [Int: [Int]],
    look: @escaping @Sendable (Int, Span<Float>) -> Void
  ) {
    self.targets = targets
    self.ends = ends
    self.look = look
  }

  func hooks(rows: [Int]) -> [any ActivationHook] {
    targets.map { target in
      RowReader(target.site, rows: rows) { row, values in
        for place in target.places[row] ?? [] { target.rows?.set(place, to: values) }
      }
    } + [
      RowReader(HookSite(.logits), rows: rows) { [ends, look] row, values in
        for sequence in ends[row] ?? [] { look(sequence, values) }
      }
    ]
  }

  func begin(_ stage: PassStage) {}

  func end(_ stage: PassStage) -> Bool { true }
}
