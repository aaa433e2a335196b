import Activations
import Foundation

extension StoreFixture {
  /// Runs of whole units that divide the fixture's prompts among some shards.
  func shards(_ count: Int) -> [Range<Int>] {
    let units = (promptCount + 63) / 64
    return (0..<count).map { shard in
      units * shard / count * 64..<min(promptCount, units * (shard + 1) / count * 64)
    }
  }

  /// The plan of a run of the fixture's prompts, which starts with a unit.
  func plan(of prompts: Range<Int>) throws -> StorePlan {
    let (all, tokens, rows) = (self.prompts, self.tokens, self.rows)
    let places = tokens.offsets[prompts.lowerBound]..<tokens.offsets[prompts.upperBound]
    let its = rows.prompts.indices.filter { prompts.contains(Int(rows.prompts[$0])) }
    return try StorePlan(
      identity: identity, provenance: Self.provenance,
      shard: 128 + prompts.lowerBound..<128 + prompts.upperBound,
      prompts: PromptTable(
        columns: all.columns.map { PromptColumn(name: $0.name, values: Array($0.values[prompts])) },
        textDigests: Array(all.textDigests[prompts]), texts: all.texts.map { Array($0[prompts]) }),
      tokens: TokenTable(
        offsets: tokens.offsets[prompts.lowerBound...prompts.upperBound].map {
          $0 - places.lowerBound
        },
        ids: Array(tokens.ids[places]), roles: Array(tokens.roles[places])),
      rows: RowTable(
        prompts: its.map { rows.prompts[$0] - Int32(prompts.lowerBound) },
        positions: its.map { rows.positions[$0] }, roles: its.map { rows.roles[$0] }),
      datasets: datasets)
  }

  /// Writes the store of a run of the fixture's prompts and returns its path.
  @discardableResult
  func store(of prompts: Range<Int>, at path: String) throws -> String {
    let writer = try ActivationWriter(plan(of: prompts), path: path)
    let before = rows.prompts.count { Int($0) < prompts.lowerBound }
    for dataset in datasets where writer.plan.rows.count > 0 {
      try writer.write(
        values(of: dataset, rows: before..<before + writer.plan.rows.count).span,
        site: dataset.site, layer: dataset.layer, firstRow: 0)
    }
    try writer.finish(Self.conditions)
    return path
  }

  /// Writes a store for each of some shards.
  func stores(_ count: Int, in folder: String) throws -> [String] {
    try shards(count).enumerated().map {
      try store(of: $1, at: "\(folder)/shard-\($0)-of-\(count).h5")
    }
  }
}

/// Merges stores and returns the bytes of the result.
@discardableResult
func merged(
  _ paths: [String], to path: String, as form: StoreForm = .plain, overwriting: Bool = false
) throws -> [UInt8] {
  let conditions = RunManifest.Conditions(
    merging: Date(timeIntervalSince1970: 1_700_000_000), host: "here",
    commandLine: ["plumb", "merge"])
  _ = try StoreMerge(paths).write(to: path, as: form, overwriting: overwriting, conditions)
  return try StoreFixture.bytes(of: path)
}
