import Activations
import Foundation

extension ActivationStore {
  /// Writes stores of runs of this one's prompts, each of which starts with a unit.
  func divide(at starts: [Int], into folder: TestFolder) throws -> [String] {
    try zip(starts, starts.dropFirst() + [prompts.count]).map { first, end in
      let name = "shard-\(first).h5"
      let rows =
        self.rows.prompts.firstIndex { $0 >= first }
        .map { $0..<(self.rows.prompts.firstIndex { $0 >= end } ?? self.rows.count) } ?? 0..<0
      let writer = try ActivationWriter(
        plan(first..<end, rows: rows), path: folder.path(name))
      for dataset in datasets {
        let captured = try values(site: dataset.site, layer: dataset.layer, rows: rows)
        try writer.write(
          captured.span, site: dataset.site, layer: dataset.layer, firstRow: 0)
      }
      try writer.finish(
        RunManifest.Conditions(
          started: Date(), host: "here", commandLine: [], threadCount: 1, sharesPrefixes: false))
      return name
    }
  }

  private func plan(_ range: Range<Int>, rows: Range<Int>) throws -> StorePlan {
    let places = tokens.offsets[range.lowerBound]..<tokens.offsets[range.upperBound]
    return try StorePlan(
      identity: identity, provenance: provenance, shard: range,
      prompts: PromptTable(
        columns: prompts.columns.map {
          PromptColumn(name: $0.name, values: Array($0.values[range]))
        },
        textDigests: Array(prompts.textDigests[range]),
        texts: prompts.texts.map { Array($0[range]) }),
      tokens: TokenTable(
        offsets: tokens.offsets[range.lowerBound...range.upperBound].map {
          $0 - places.lowerBound
        },
        ids: Array(tokens.ids[places]), roles: Array(tokens.roles[places])),
      rows: RowTable(
        prompts: self.rows.prompts[rows].map { $0 - Int32(range.lowerBound) },
        positions: Array(self.rows.positions[rows]), roles: Array(self.rows.roles[rows])),
      datasets: datasets)
  }
}
