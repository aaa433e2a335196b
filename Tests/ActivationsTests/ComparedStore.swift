import Activations

/// A store to be compared with another: a fixture's, with whatever a test changes.
struct ComparedStore {
  let fixture: StoreFixture
  var identity: StoreIdentity
  var prompts: PromptTable
  var tokens: TokenTable
  var rows: RowTable
  var datasets: [ActivationDataset]
  /// The units to write; all of them by default.
  var units: [Int]?
  /// Changes the values of a dataset, `[row, width]`.
  var change: (ActivationDataset, inout [Float]) -> Void = { _, _ in }

  init(_ fixture: StoreFixture = StoreFixture()) {
    self.fixture = fixture
    identity = fixture.identity
    prompts = fixture.prompts
    tokens = fixture.tokens
    rows = fixture.rows
    datasets = fixture.datasets
  }

  /// Writes the store and opens it.
  func made(at path: String) throws -> ActivationStore {
    let plan = try StorePlan(
      identity: identity, provenance: StoreFixture.provenance,
      shard: 128..<128 + prompts.count, prompts: prompts, tokens: tokens, rows: rows,
      datasets: datasets)
    let writer = try ActivationWriter(plan, path: path, overflow: .record)
    for dataset in datasets {
      var values = fixture.values(of: dataset, rows: 0..<rows.count)
      change(dataset, &values)
      for unit in units ?? Array(0..<plan.units.count) {
        let rows = plan.units.rows(of: unit)
        let place = rows.lowerBound * dataset.width..<rows.upperBound * dataset.width
        try writer.write(
          values.span.extracting(place), site: dataset.site, layer: dataset.layer,
          firstRow: rows.lowerBound)
      }
    }
    guard units == nil else { return try ActivationStore(path: path + ".part") }
    try writer.finish(StoreFixture.conditions)
    return try ActivationStore(path: path)
  }
}

extension StoreComparison {
  /// What the captures do not share, each as `field: first | second`.
  var differenceTexts: [String] {
    differences.map { "\($0.field): \($0.first ?? "none") | \($0.second ?? "none")" }
  }
}
