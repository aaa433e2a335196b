import Inference
import Kernels

/// Prompts of both classes to fit on and to judge by, and what leaves every layer at their last position.
struct DriftPrompts {
  /// Those to fit on, and behind them those to judge by.
  let places: [Int]
  /// How many are to fit on.
  let trainingCount: Int
  /// The classes of all.
  let labels: [Int]
  /// All prompts.
  let prompts: [ProbePrompt]

  /// Draws prompts of the part to fit on and of the others.
  init(_ checks: ModelChecks, parts: [PromptPart], perClass count: Int) throws {
    func drawn(_ members: [Int]) throws -> [Int] {
      let part = try checks.restricted(to: members)
      return [1, 0].flatMap { label in
        part.sample(ofClass: label, count: count, stream: .driftPrompts).map { members[$0] }
      }
    }
    let training = try drawn(parts.indices.filter { parts[$0] == .train })
    let judged = try drawn(parts.indices.filter { parts[$0] != .train })
    places = training + judged
    trainingCount = training.count
    prompts = places.map { checks.prompts[$0] }
    labels = prompts.map(\.label)
  }

  /// Those to fit on.
  var training: Range<Int> { 0..<trainingCount }
  /// Those to judge by.
  var judged: Range<Int> { trainingCount..<places.count }

  /// How many there are.
  var sample: DriftSample {
    func count(_ range: Range<Int>, _ label: Int) -> Int { labels[range].count { $0 == label } }
    return DriftSample(
      trainingPositives: count(training, 1), trainingNegatives: count(training, 0),
      positives: count(judged, 1), negatives: count(judged, 0),
      groups: Clusters(Array(prompts[judged])).count, allGroups: Clusters(prompts).count)
  }
}

/// What leaves every layer of two models at the last position of the same prompts.
struct DriftRows: Sendable {
  /// `[layer]`, each `[prompt, d_model]`.
  let before: [SharedRows]
  let after: [SharedRows]

  /// What messages call the two.
  static let beforeName = "the model before"
  static let afterName = "the model after"

  /// What messages call a layer of a model.
  static func name(_ layer: Int, _ model: String) -> String {
    "\(HookSite(.residPost, layer: layer).name) of \(model)"
  }

  /// Takes prompts through both models.
  ///
  /// - Parameters:
  ///   - places: the prompts.
  ///   - before: the model before, with all prompts.
  ///   - after: the model after, with the same.
  ///   - onPass: called when they are through a model.
  /// - Throws: `ProbeError.notFinite` where a vector is no number, `ModelFileError` where weights cannot be read.
  init(_ places: [Int], before: ModelChecks, after: ModelChecks, onPass: () -> Void) throws {
    func rows(_ checks: ModelChecks, _ model: String) throws -> [SharedRows] {
      let sites = (0..<checks.decoder.description.layerCount).map {
        HookSite(.residPost, layer: $0)
      }
      let rows = try checks.lastRows(of: places, at: sites)
      for (layer, rows) in rows.enumerated() { try rows.demandFinite(Self.name(layer, model)) }
      onPass()
      return rows
    }
    self.before = try rows(before, Self.beforeName)
    self.after = try rows(after, Self.afterName)
  }
}

extension SharedRows {
  /// A copy of some rows.
  func copy(of range: Range<Int>) -> SharedRows {
    let copy = SharedRows(count: range.count, width: width)
    for (place, row) in range.enumerated() { copy.set(place, to: self[rows: row..<row + 1]) }
    return copy
  }

  /// Refuses what is no number.
  fileprivate func demandFinite(_ name: String) throws(ProbeError) {
    for row in 0..<count {
      let values = self[rows: row..<row + 1]
      for column in values.indices where !values[column].isFinite {
        throw .notFinite(cell: name, row: row, column: column)
      }
    }
  }
}
